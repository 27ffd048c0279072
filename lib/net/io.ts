/** The sockets of the tcp engine, by their names in the configuration. A worker loads those that it uses. */
import { NoSocketsError } from "./listen_error.ts";
import { plainMessage } from "./plain_message.ts";
import { DENO_SOCKETS, type Sockets } from "./sockets.ts";

export const IO = {
  deno: () => Promise.resolve(DENO_SOCKETS),
  epoll: async () => await (await import("./epoll/sockets.ts")).openEpollSockets(),
} as const satisfies Record<"deno" | "epoll", () => Promise<Sockets>>;

/** @throws {NoSocketsError} if this process or this system lacks something that they need */
export async function openSockets(io: keyof typeof IO): Promise<Sockets> {
  try {
    return await IO[io]();
  } catch (error) {
    const reason = plainMessage(error);
    const message = `Cannot listen with io ${JSON.stringify(io)} as ${reason}: set io to "deno"`;
    throw new NoSocketsError(message, { cause: error });
  }
}
