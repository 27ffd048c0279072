import { formatHostPort } from "./host_port.ts";
import { plainMessage } from "./plain_message.ts";

/** An address cannot be listened on. */
export class ListenError extends Error {
  override name = "ListenError";
}

/**
 * Listens, and turns a failure into an error that says what to change.
 *
 * @param purpose what comes in there: `requests`
 * @param addresses that are listened on together; if one of them cannot be, the error names it
 * @throws {ListenError} if the address cannot be listened on
 */
export function bindOrExplain<Listening>(
  purpose: string,
  addresses: readonly ListenAddress[],
  listen: () => Listening,
): Listening {
  try {
    return listen();
  } catch (error) {
    const { hostname, port } = addresses.find(isRefused) ?? addresses[0]!;
    const reason = adviceFor(error, port) ?? plainMessage(error);
    const address = formatHostPort(hostname, port);
    throw new ListenError(`Cannot listen on ${address} for ${purpose} as ${reason}`, {
      cause: error,
    });
  }
}

export interface ListenAddress {
  readonly hostname: string;
  readonly port: number;
}

/** Whether an address cannot be listened on. */
function isRefused({ hostname, port }: ListenAddress): boolean {
  try {
    Deno.listen({ hostname, port }).close();
    return false;
  } catch {
    return true; // why, the error says that led here
  }
}

/** Ports below need a right of their own, unless the system is set up otherwise (Linux, ip(7)). */
const FIRST_FREE_PORT = 1024;

/** Why it failed and what to do; undefined if that is not known. */
function adviceFor(error: unknown, port: number): string | undefined {
  if (error instanceof Deno.errors.AddrInUse) {
    return "the address is in use: set another port";
  }
  if (error instanceof Deno.errors.PermissionDenied && port < FIRST_FREE_PORT) {
    return `ports below ${FIRST_FREE_PORT} need a right that this process lacks: set another port, ` +
      "or grant it (systemd: AmbientCapabilities=CAP_NET_BIND_SERVICE; containers, or the whole " +
      `machine: sysctl net.ipv4.ip_unprivileged_port_start=${port})`;
  }
  if (error instanceof Deno.errors.AddrNotAvailable) {
    return "this machine has no such address: set another host";
  }
  return undefined;
}
