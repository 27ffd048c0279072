import { formatListener } from "./host_port.ts";
import { plainMessage } from "./plain_message.ts";

/** An address cannot be listened on. */
export class ListenError extends Error {
  override name = "ListenError";
}

/** There are no sockets that could listen: no other address would help. */
export class NoSocketsError extends ListenError {
  override name = "NoSocketsError";
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
    const address = addresses.find(isRefused) ?? addresses[0]!;
    const reason = adviceFor(error, address) ?? plainMessage(error);
    throw new ListenError(
      `Cannot listen on ${formatListener(address)} for ${purpose} as ${reason}`,
      {
        cause: error,
      },
    );
  }
}

export interface ListenAddress {
  readonly hostname: string;
  readonly port: number;
  readonly unix?: { readonly path: string } | undefined;
}

/**
 * Checks that nobody listens on unix sockets: to listen there takes them from whoever does.
 *
 * @param own those that this program, or the one whose place it takes, listens on: `unix:/run/front.sock`
 * @throws {ListenError} if somebody else does, or if another file is there
 */
export async function checkSocketsAreFree(
  addresses: readonly ListenAddress[],
  own: ReadonlySet<string>,
): Promise<void> {
  for (const { hostname, unix } of addresses) {
    if (unix === undefined || own.has(hostname)) continue;
    await checkSocketIsFree(hostname, unix.path, "requests");
  }
}

/**
 * The same of one unix socket.
 *
 * @param name such as `unix:/run/front.sock`
 * @param purpose as for {@linkcode bindOrExplain}
 */
export async function checkSocketIsFree(
  name: string,
  path: string,
  purpose: string,
): Promise<void> {
  const { isTaken } = await import("./unix_listening.ts");
  const reason = await isTaken(path).then(
    (taken) => taken ? "another program listens there: set another path" : undefined,
    (error) => plainMessage(error),
  );
  if (reason !== undefined) {
    throw new ListenError(`Cannot listen on ${name} for ${purpose} as ${reason}`);
  }
}

/** Whether an address cannot be listened on. */
function isRefused({ hostname, port, unix }: ListenAddress): boolean {
  if (unix !== undefined) return !canListen(unix.path);
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
function adviceFor(error: unknown, { port, unix }: ListenAddress): string | undefined {
  if (unix !== undefined) return socketAdviceFor(error);
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

function socketAdviceFor(error: unknown): string | undefined {
  if (error instanceof Deno.errors.AddrInUse) return "the name is in use: set another one";
  if (error instanceof Deno.errors.NotFound) return "its folder does not exist: create it first";
  if (error instanceof Deno.errors.PermissionDenied) {
    return "this user may not create files in its folder";
  }
  if (error instanceof Deno.errors.NotCapable) {
    return "Deno may not write there: it needs --allow-write=/run,/var/lib/roundabout";
  }
  return undefined;
}

/** Whether a socket can be listened on beside the one that is there. */
function canListen(path: string): boolean {
  const beside = path.startsWith("\0") ? path : path.replace(/[^/]*$/, `.${crypto.randomUUID()}`);
  try {
    Deno.listen({ transport: "unix", path: beside }).close();
    return true;
  } catch {
    return false; // why, the error says that led here
  }
}
