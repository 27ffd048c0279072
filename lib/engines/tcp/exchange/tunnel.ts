/**
 * A connection that has changed its protocol (RFC 9110, 7.8): after the backend's 101, bytes pass both
 * ways as they arrive, each side no further ahead than one buffer.
 */
import type { Awaitable } from "../../../net/connection.ts";
import type { BackendConnection } from "../backend/connection.ts";
import type { ClientConnection } from "../client/connection.ts";
import { bytesOf, textOf } from "../http1/bytes.ts";
import { editHead } from "../http1/response_framing.ts";
import type { Overhead } from "./relay.ts";

type Bytes = Uint8Array<ArrayBuffer>;

export interface TunnelOptions {
  readonly client: ClientConnection;
  /** The connection on which the backend has answered 101. */
  readonly connection: BackendConnection;
  /** The value of a Set-Cookie to add to that response. */
  readonly cookie: string | undefined;
  /** Lines that its way adds to that response. */
  readonly added: string;
  /** Whether the lines of a name are left out of it; undefined if none are. */
  readonly drops: ((name: string) => boolean) | undefined;
  /** The value of a Strict-Transport-Security to add to it; undefined if there is none. */
  readonly hsts: string | undefined;
  /** A buffer for what the client sends. */
  readonly buffer: Bytes;
  readonly overhead: Overhead;
  /** Called when the tunnel opens, and whenever bytes pass. */
  readonly onBytes: () => void;
  /** Called when one side has sent all it has. */
  readonly onHalfClosed: () => void;
}

/**
 * Sends the 101 to the client, and passes bytes until both sides have sent all they have.
 *
 * @throws if either side breaks the connection
 */
export async function openTunnel(options: TunnelOptions): Promise<void> {
  const { client, connection, cookie, added, drops, hsts, buffer: up } = options;
  const { overhead, onBytes, onHalfClosed } = options;
  const { head, buffer } = connection;
  const protocols = textOf(buffer, head.upgradeStart, head.upgradeEnd);
  const start = editHead(buffer, head, "none", undefined, { cookie, now: Date.now(), drops, hsts });
  const lines = bytesOf(`${added}connection: upgrade\r\nupgrade: ${protocols}\r\n\r\n`);
  overhead.overheadBytes += head.end - 2 - start + lines.length;
  await client.outbox.send(buffer.slice(start, head.end - 2));
  await client.outbox.send(lines);
  await client.outbox.send(buffer.slice(head.end, connection.filled));
  connection.clearDeadline();
  onBytes();
  await connection.write(client.inbox.takeRest());
  const end = clientEnd(client);
  const buffers = [up, buffer] as const;
  await passBothWays({ client: end, backend: connection, buffers, onBytes, onHalfClosed });
}

/** One end of a tunnel. */
export interface TunnelEnd {
  /** @returns how many bytes; null if this side sends no more */
  receiveInto(bytes: Bytes): Awaitable<number | null>;
  write(bytes: Bytes): Promise<void>;
  closeWrite(): Promise<void>;
}

/** The client's end. What was read ahead comes first. */
function clientEnd({ socket, inbox, outbox }: ClientConnection): TunnelEnd {
  return {
    receiveInto: (bytes) => inbox.readInto(bytes),
    async write(bytes) {
      for (let at = 0; at < bytes.length;) {
        const size = await socket.write(bytes.subarray(at));
        outbox.sentBytes += size;
        at += size;
      }
    },
    closeWrite: () => socket.closeWrite(),
  };
}

export interface PassOptions {
  readonly client: TunnelEnd;
  readonly backend: TunnelEnd;
  /** A buffer for each direction. */
  readonly buffers: readonly [up: Bytes, down: Bytes];
  readonly onBytes: () => void;
  readonly onHalfClosed: () => void;
}

/** Passes bytes until both sides have sent all they have. @throws if either side breaks */
export async function passBothWays(
  { client, backend, buffers, onBytes, onHalfClosed }: PassOptions,
): Promise<void> {
  await Promise.all([
    pass(client, backend, buffers[0], onBytes).then(onHalfClosed),
    pass(backend, client, buffers[1], onBytes).then(onHalfClosed),
  ]);
}

async function pass(
  from: TunnelEnd,
  to: TunnelEnd,
  buffer: Bytes,
  onBytes: () => void,
): Promise<void> {
  for (let size; (size = await from.receiveInto(buffer)) !== null;) {
    onBytes();
    await to.write(buffer.subarray(0, size));
    onBytes();
  }
  await to.closeWrite(); // one side may have sent all it has while the other one goes on
}
