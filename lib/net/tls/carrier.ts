/**
 * Carries the encrypted bytes of a connection for node:tls, which takes it for a stream.
 *
 * Connections are opened, accepted, read and closed by this program, and not by node:net: so limits,
 * deadlines and drains are those of connections without TLS, a peer that never ends its handshake can be
 * closed, and small writes leave at once. Of a Duplex it is only what node:tls uses; a real one keeps queues
 * of its own.
 */
import { Buffer } from "node:buffer";
import { EventEmitter } from "node:events";
import { setImmediate } from "node:timers";
import type { Bytes, Connection } from "../connection.ts";
import type { Buffers } from "../buffers.ts";

export class Carrier extends EventEmitter {
  readable = true;
  writable = true;
  readonly readableObjectMode = false;
  readonly allowHalfOpen = true;
  destroyed = false;
  readonly #connection: Connection;
  readonly #smalls: Buffers;
  readonly #larges: Buffers;
  /** What was received and not taken yet. */
  #early: Bytes | undefined;
  /** Whether node:tls wants bytes. */
  #flows = false;
  #isHeld = false;
  #isClosed = false;
  #reading = false;
  /** Whether the last read filled its buffer: then more may have come. */
  #hasMore = false;

  /**
   * @param first what was received before: it comes first
   * @param smalls what idle connections wait on
   * @param larges what many bytes are received in
   */
  constructor(connection: Connection, first: Bytes, smalls: Buffers, larges: Buffers) {
    super();
    this.#connection = connection;
    this.#early = first;
    this.#smalls = smalls;
    this.#larges = larges;
  }

  pause(): this {
    this.#flows = false;
    return this;
  }

  resume(): this {
    if (this.#flows || this.destroyed) return this;
    this.#flows = true;
    this.#read();
    return this;
  }

  /**
   * Receives nothing more for now, so that the peer is held back. To pause node:tls does not do that: what
   * arrives is decrypted and kept then, all of it (tests/engines/backpressure_test.ts, over TLS).
   */
  hold(): void {
    this.#isHeld = true;
  }

  /** Receives again. */
  release(): void {
    this.#isHeld = false;
    this.#read();
  }

  cork(): void {}

  uncork(): void {}

  /** Sends all of it. node:tls sends one piece after the other. */
  write(bytes: Bytes, onSent: (error?: Error) => void): boolean {
    Promise.resolve(this.#connection.write(bytes)).then(
      (size) =>
        this.#orFail(() => {
          if (size === bytes.length) onSent();
          else this.write(bytes.subarray(size), onSent);
        }),
      (error) => this.#fail(error, onSent),
    );
    return true;
  }

  end(onEnded?: () => void): this {
    this.writable = false;
    this.#connection.closeWrite().then(() => onEnded?.(), () => onEnded?.());
    return this;
  }

  /** Ends it for node:tls, which does so before it sends the alert that tells the client why. */
  destroy(error?: Error): this {
    if (this.destroyed) return this;
    this.destroyed = true;
    this.readable = this.writable = false;
    this.#early = undefined;
    setImmediate(() => this.close());
    if (error !== undefined) this.emit("error", error);
    this.emit("close");
    return this;
  }

  /** Closes the connection at once: nothing more is sent. */
  close(): void {
    if (!this.#isClosed) this.#connection.close();
    this.#isClosed = true;
    this.destroy();
  }

  /** Receives from now on what node:tls wants. */
  #read(): void {
    if (this.#reading) return;
    this.#reading = true;
    // Bytes that arrive before node:tls has started make it throw if they are no valid handshake.
    setImmediate(() => this.#orFail(() => this.#readNext()));
  }

  /** One piece after the other, by callbacks: async functions would cost each of them two promises more. */
  #readNext(): void {
    if (!this.#flows || this.#isHeld || !this.readable) {
      this.#reading = false;
    } else if (this.#early === undefined) {
      const buffers = this.#hasMore ? this.#larges : this.#smalls;
      const buffer = buffers.borrow();
      Promise.resolve(this.#connection.read(buffer)).then(
        (size) => this.#orFail(() => this.#received(size, buffer, buffers)),
        (error) => this.#fail(error),
      );
    } else {
      const early = this.#early;
      this.#early = undefined;
      this.#deliver(early);
      this.#readNext();
    }
  }

  #received(size: number | null, buffer: Bytes, buffers: Buffers): void {
    if (this.destroyed) return;
    this.#hasMore = size === buffer.length;
    if (size === null) this.#endOfPeer();
    else if (this.#flows) this.#deliver(buffer.subarray(0, size));
    else this.#early = buffer.slice(0, size);
    buffers.giveBack(buffer);
    this.#readNext();
  }

  #endOfPeer(): void {
    this.readable = false;
    setImmediate(() => { // what came before it has been understood by then
      if (!this.destroyed) this.#orFail(() => this.emit("end"));
    });
  }

  #deliver({ buffer, byteOffset, length }: Bytes): void {
    this.emit("data", Buffer.from(buffer, byteOffset, length)); // node:tls copies it at once
  }

  /** What node:tls throws ends the connection, and not the program. */
  #orFail(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown, onSent?: (error: Error) => void): void {
    const reason = error instanceof Error ? error : new Error(String(error));
    onSent?.(reason);
    this.destroy(reason);
  }
}
