/**
 * A connection that has changed its protocol (RFC 9110, 7.8): from the backend's 101 on, bytes pass both
 * ways as they come, each side no further ahead than one buffer.
 */
import type { Inbox } from "./client/inbox.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** One end of it. */
export interface TunnelEnd {
  /** @returns how many bytes; null where this side sends no more */
  receiveInto(bytes: Bytes): Promise<number | null>;
  write(bytes: Bytes): Promise<void>;
  closeWrite(): Promise<void>;
}

/** The client's end: what it sent early comes first. */
export function endOf(connection: Deno.Conn, inbox: Inbox): TunnelEnd {
  return {
    receiveInto: (bytes) => inbox.readInto(bytes),
    async write(bytes) {
      for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
    },
    closeWrite: () => connection.closeWrite(),
  };
}

export interface TunnelOptions {
  readonly client: TunnelEnd;
  readonly backend: TunnelEnd;
  /** A buffer for each direction. */
  readonly buffers: readonly [up: Bytes, down: Bytes];
  /** Called whenever bytes pass. */
  readonly onBytes: () => void;
}

/** Passes bytes until both sides have sent all they have. @throws where either side breaks */
export async function tunnel({ client, backend, buffers, onBytes }: TunnelOptions): Promise<void> {
  await Promise.all([
    pass(client, backend, buffers[0], onBytes),
    pass(backend, client, buffers[1], onBytes),
  ]);
}

async function pass(from: TunnelEnd, to: TunnelEnd, buffer: Bytes, onBytes: () => void) {
  for (let size; (size = await from.receiveInto(buffer)) !== null;) {
    onBytes();
    await to.write(buffer.subarray(0, size));
    onBytes();
  }
  await to.closeWrite(); // one side may be done while the other still sends
}
