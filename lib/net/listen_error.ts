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
    const reason = error instanceof Deno.errors.AddrInUse
      ? `the address is in use: set another ${setting}`
      : plainMessage(error);
    const address = formatHostPort(hostname, port);
    throw new ListenError(`Cannot listen on ${address} as ${reason}`, { cause: error });
  }
}
