import { formatHostPort } from "./host_port.ts";
import { plainMessage } from "./plain_message.ts";

/** An address cannot be listened on. */
export class ListenError extends Error {
  override name = "ListenError";
}

/**
 * Listens, and turns a failure into an error that says which setting to change.
 *
 * @param setting the name of the setting that has the port
 * @throws {ListenError} if the address cannot be listened on
 */
export function bindOrExplain<Listening>(
  setting: string,
  hostname: string,
  port: number,
  listen: () => Listening,
): Listening {
  try {
    return listen();
  } catch (error) {
    const reason = adviceFor(error, setting, port) ?? plainMessage(error);
    const address = formatHostPort(hostname, port);
    throw new ListenError(`Cannot listen on ${address} as ${reason}`, { cause: error });
  }
}

/** Ports below need a right of their own, unless the system is set up otherwise (Linux, ip(7)). */
const FIRST_FREE_PORT = 1024;

/** Why it failed and what to do; undefined if that is not known. */
function adviceFor(error: unknown, setting: string, port: number): string | undefined {
  if (error instanceof Deno.errors.AddrInUse) {
    return `the address is in use: set another ${setting}`;
  }
  if (error instanceof Deno.errors.PermissionDenied && port < FIRST_FREE_PORT) {
    return `ports below ${FIRST_FREE_PORT} need a right that this process lacks: set another ${setting}, ` +
      "or grant it (systemd: AmbientCapabilities=CAP_NET_BIND_SERVICE; containers, or the whole " +
      `machine: sysctl net.ipv4.ip_unprivileged_port_start=${port})`;
  }
  if (error instanceof Deno.errors.AddrNotAvailable) {
    return `this machine has no such address: set another ${setting.replace("PORT", "HOST")}`;
  }
  return undefined;
}
