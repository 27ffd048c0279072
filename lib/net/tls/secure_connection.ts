/** A connection over TLS, as the engine uses it: the bytes inside. */
import { setImmediate } from "node:timers";
import type { TLSSocket } from "node:tls";
import type { Bytes, Connection } from "../connection.ts";
import type { Carrier } from "./carrier.ts";

/** How much is kept that nobody has read; then nothing more is received. In bytes. */
const MAX_HELD_BYTES = 64 * 1024;

/** Somebody who waits for bytes. */
interface Reader {
  readonly into: Bytes;
  readonly resolve: (size: number | null) => void;
  readonly reject: (error: Error) => void;
}

export class SecureConnection implements Connection {
  readonly #socket: TLSSocket;
  readonly #carrier: Carrier;
  /** What has arrived and was not read, in order. */
  readonly #held: Uint8Array[] = [];
  #heldBytes = 0;
  #isFull = false;
  #reader: Reader | undefined;
  #hasEnded = false;
  /** Whether the peer is told that no more follows. */
  #isEnding = false;
  #error: Error | undefined;

  /** @param socket whose handshake may be under way: nothing inside can be read before it is complete */
  constructor(socket: TLSSocket, carrier: Carrier) {
    this.#socket = socket;
    this.#carrier = carrier;
    socket.on("data", (bytes: Uint8Array) => this.#take(bytes));
    socket.on("end", () => this.#end());
    carrier.once("end", () => this.#noticeCut());
    socket.on("error", (error) => this.#break(ofConnection(error)));
    socket.on("_tlsError", (error) => this.#break(ofConnection(error))); // those of TLS itself
    socket.on(
      "close",
      () => this.#break(new Deno.errors.ConnectionAborted("the connection is closed")),
    );
  }

  read(into: Bytes): Promise<number | null> {
    if (this.#heldBytes > 0) return Promise.resolve(this.#takeHeld(into));
    if (this.#error !== undefined) return Promise.reject(this.#error);
    if (this.#hasEnded) return Promise.resolve(null);
    return new Promise((resolve, reject) => this.#reader = { into, resolve, reject });
  }

  write(bytes: Bytes): Promise<number> {
    if (this.#error !== undefined) return Promise.reject(this.#error);
    if (bytes.length === 0) return Promise.resolve(0); // node:tls never calls back for it
    return new Promise((resolve, reject) => {
      this.#socket.write(bytes, (error) => {
        if (error) reject(this.#error ?? ofConnection(error));
        else resolve(bytes.length);
      });
    });
  }

  /** Says that no more follows (close_notify, RFC 8446, 6.1). */
  closeWrite(): Promise<void> {
    this.#isEnding = true;
    return new Promise((resolve) => this.#socket.end(resolve));
  }

  close(): void {
    this.#break(new Deno.errors.Interrupted("the connection was closed"));
    if (this.#isEnding) setImmediate(() => this.#destroy()); // what says so is on its way by then
    else this.#destroy();
  }

  #destroy(): void {
    this.#carrier.close(); // at once; node:tls takes its time
    this.#socket.destroy();
  }

  #take(bytes: Uint8Array): void {
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
    const reader = this.#reader;
    if (reader !== undefined) {
      this.#reader = undefined;
      reader.resolve(this.#takeHeld(reader.into));
    } else if (this.#heldBytes > MAX_HELD_BYTES) {
      this.#isFull = true;
      this.#carrier.hold();
    }
  }

  #takeHeld(into: Bytes): number {
    let size = 0;
    while (size < into.length && this.#held.length > 0) {
      const [bytes] = this.#held as [Uint8Array];
      const part = bytes.subarray(0, into.length - size);
      into.set(part, size);
      size += part.length;
      if (part.length === bytes.length) this.#held.shift();
      else this.#held[0] = bytes.subarray(part.length);
    }
    this.#heldBytes -= size;
    if (this.#isFull && this.#heldBytes === 0) {
      this.#isFull = false;
      this.#carrier.release();
    }
    return size;
  }

  #end(): void {
    this.#hasEnded = true;
    this.#reader?.resolve(null);
    this.#reader = undefined;
  }

  /**
   * The peer's side of the connection has ended. Whoever only sends no more says so before
   * (close_notify, RFC 8446, 6.1); others have left, or somebody has cut the connection.
   */
  #noticeCut(): void {
    if (this.#socket.readableEnded) return;
    this.#break(new Deno.errors.UnexpectedEof("the peer left without close_notify"));
  }

  #break(error: Error): void {
    this.#error ??= error;
    this.#reader?.reject(this.#error);
    this.#reader = undefined;
  }
}

/** What went wrong, as an error that a {@linkcode Connection} has: the peer broke it, or the protocol. */
function ofConnection(error: Error): Error {
  const isKnown = Object.values(Deno.errors).some((kind) => error instanceof kind);
  return isKnown ? error : new Deno.errors.InvalidData(error.message, { cause: error });
}
