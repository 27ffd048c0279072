/** One epoll instance (epoll(7)): tells what it watches when something has happened on its descriptor. */
import type { Bytes } from "../connection.ts";
import type { Libc } from "./libc.ts";
import { EINTR } from "./system_error.ts";

/** What may happen on a descriptor. */
export const READABLE = 0x001;
export const WRITABLE = 0x004;
/** The peer has closed its sending side, or all of it; or it has an error. */
export const HUNG_UP = 0x008 | 0x010 | 0x2000;
/** Each event is told once, when it happens, and not for as long as it lasts. */
export const EDGE_TRIGGERED = 1 << 31;

export const ADD = 1;
export const REMOVE = 2;

/** How many events are taken at a time. */
export const MAX_EVENTS = 512;

/** Owns a descriptor that is watched, and is told what has happened on it. */
export interface Watched {
  onEvents(events: number): void;
  /** Closes the descriptor. */
  close(): void;
}

/** A struct epoll_event: it is packed on x86-64 only. */
const EVENT = Deno.build.arch === "x86_64" ? { bytes: 12, dataAt: 4 } : { bytes: 16, dataAt: 8 };

/** A struct epoll_event. @param data what comes with each event, as two halves */
export function epollEvent(events: number, low: number, high: number): Bytes {
  const bytes = new Uint8Array(EVENT.bytes);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, events, true);
  view.setUint32(EVENT.dataAt, low, true);
  view.setUint32(EVENT.dataAt + 4, high, true);
  return bytes;
}

export class Poller {
  readonly #libc: Libc;
  #descriptor: number;
  /** By descriptor. */
  readonly #watched: (Watched | undefined)[] = [];
  /**
   * How often each descriptor was used: an event that was taken before its descriptor was closed, and given to
   * another socket, is not for that one.
   */
  readonly #generations: number[] = [];
  readonly #events = new Int32Array(MAX_EVENTS * EVENT.bytes / 4);
  readonly #eventBytes = new Uint8Array(this.#events.buffer);

  /** @throws an error of the system */
  constructor(libc: Libc) {
    this.#libc = libc;
    this.#descriptor = libc.epollCreate();
    if (this.#descriptor < 0) throw libc.error();
  }

  /** Its own; below zero once it is closed. */
  get descriptor(): number {
    return this.#descriptor;
  }

  /** Begins to watch a descriptor. @param events such as {@linkcode READABLE} @throws an error of the system */
  add(descriptor: number, events: number, watched: Watched): void {
    const generation = ((this.#generations[descriptor] ?? 0) + 1) >>> 0;
    this.#generations[descriptor] = generation;
    const event = epollEvent(events, descriptor, generation);
    if (this.#libc.epollControl(this.#descriptor, ADD, descriptor, event) < 0) {
      throw this.#libc.error();
    }
    this.#watched[descriptor] = watched;
  }

  /** From now on its events are told to another one. */
  replace(descriptor: number, watched: Watched): void {
    this.#watched[descriptor] = watched;
  }

  /** Forgets a descriptor, which is closed then: with that, the system forgets it as well. */
  forget(descriptor: number): void {
    this.#watched[descriptor] = undefined;
  }

  /**
   * Tells what has happened.
   *
   * @param milliseconds to wait if nothing has
   * @returns how many events there were
   */
  wait(milliseconds: number): number {
    const count = this.#libc.epollWait(
      this.#descriptor,
      this.#eventBytes,
      MAX_EVENTS,
      milliseconds,
    );
    if (count < 0) {
      if (this.#libc.errno === EINTR) return 0;
      throw this.#libc.error();
    }
    const stride = EVENT.bytes / 4;
    const data = EVENT.dataAt / 4;
    for (let index = 0, at = 0; index < count; index++, at += stride) {
      const descriptor = this.#events[at + data]!;
      const generation = this.#events[at + data + 1]! >>> 0;
      if (generation !== this.#generations[descriptor]) continue;
      this.#watched[descriptor]?.onEvents(this.#events[at]!);
    }
    return count;
  }

  /** From now on nothing can be watched. */
  close(): void {
    if (this.#descriptor >= 0) this.#libc.close(this.#descriptor);
    this.#descriptor = -1;
  }

  /** All that is watched. */
  get watched(): Watched[] {
    return this.#watched.filter((watched) => watched !== undefined);
  }
}
