/**
 * The event loop of our own sockets. It shares a thread with Deno's, and they take turns:
 *
 * - A turn of ours has sockets told what has happened on them, has promises go on, and begins again, for up to
 *   {@linkcode TURN_MS}. Then Deno's loop gets its turn, for timers, messages and signals.
 * - While events come in quick succession, the thread waits for the next one for up to {@linkcode PATIENCE_MS} in our
 *   turn: to change over to the other loop and back costs about as much as to serve a small request.
 * - Otherwise it sleeps in Deno's loop, which waits for our sockets as well (./deno_waker.ts), without any wake-up.
 * - After {@linkcode AWAKE_MS} it sleeps in any case, which lasts no longer than until the next event: while immediates
 *   keep Deno's loop busy, that looks at its own sockets only once in 61 turns (tokio's event_interval).
 */
import { setImmediate } from "node:timers";
import { Cadence } from "./cadence.ts";
import { DenoWaker } from "./deno_waker.ts";
import type { Libc } from "./libc.ts";
import { MAX_EVENTS, Poller, type Watched } from "./poller.ts";

/** How long Deno's loop waits for its turn under load, in milliseconds. */
const TURN_MS = 2;

/** How long sockets of Deno's own, such as those of TLS and of the admin port, wait under load, in milliseconds. */
const AWAKE_MS = 8;

/** In milliseconds, which are the smallest unit of epoll_wait(2). */
const PATIENCE_MS = 1;

/** What of Deno's internals is used: nothing public has promises go on within a turn of a loop. */
interface DenoCore {
  runMicrotasks(): void;
  /** Whether callbacks of process.nextTick wait, which Deno's loop calls. */
  hasTickScheduled(): boolean;
}

export class EventLoop {
  /** Counts the times that events were taken. */
  round = 0;
  readonly libc: Libc;
  readonly #poller: Poller;
  readonly #core = denoCore();
  readonly #cadence = new Cadence(PATIENCE_MS);
  /** To be called in the next round. */
  #deferred: (() => void)[] = [];
  /** How many descriptors are watched. */
  #count = 0;
  #state: "stopped" | "taking turns" | "asleep" = "stopped";
  #waker: DenoWaker | undefined;
  #isOpening = false;
  #isClosed = false;
  /** When it has slept last. */
  #sleptAt = 0;
  /** Whether more may have happened than was taken: that does not wake it. */
  #hasMore = false;

  /** @throws if this version of Deno, or this system, has not what it needs */
  constructor(libc: Libc) {
    this.libc = libc;
    this.#poller = new Poller(libc);
  }

  /** Finds out whether it can sleep. @throws if this system does not let Deno's loop be found */
  async check(): Promise<void> {
    (await DenoWaker.open(this.libc, this.#poller.descriptor, () => {})).close();
  }

  /** Begins to watch a descriptor: see {@linkcode Poller.add}. */
  watch(descriptor: number, events: number, watched: Watched): void {
    this.#poller.add(descriptor, events, watched);
    this.#count++;
    if (this.#state !== "stopped") return;
    this.#state = "taking turns";
    setImmediate(this.#takeTurn);
  }

  /** From now on another one is told of the events of a descriptor. */
  rewatch(descriptor: number, watched: Watched): void {
    this.#poller.replace(descriptor, watched);
  }

  /** Closes a descriptor that is watched. */
  close(descriptor: number): void {
    this.#poller.forget(descriptor);
    this.libc.close(descriptor);
    this.#count--;
    if (this.#count === 0) this.#stop();
  }

  /** Closes all that is watched, and what it watches with: nothing can be watched any more. */
  closeAll(): void {
    for (const watched of this.#poller.watched) watched.close();
    this.#isClosed = true;
    if (!this.#isOpening) this.#poller.close();
  }

  /** Calls back in the next round, when all others have had their turn. */
  defer(action: () => void): void {
    this.#deferred.push(action);
    this.#wake();
  }

  /** What it has opened to sleep is closed while there is nothing to wait for. */
  #stop(): void {
    this.#waker?.close();
    this.#waker = undefined;
    if (this.#state === "asleep") this.#state = "stopped";
  }

  readonly #takeTurn = (): void => {
    const startedAt = performance.now();
    const end = startedAt + TURN_MS;
    do {
      if (this.#count === 0 || !this.#takeRound()) return this.#sleep();
    } while (performance.now() < end && !this.#core.hasTickScheduled());
    const mayRest = this.#deferred.length === 0 && !this.#hasMore;
    if (mayRest && startedAt >= this.#sleptAt + AWAKE_MS) this.#sleep();
    else setImmediate(this.#takeTurn);
  };

  /** @returns whether another round is worth it */
  #takeRound(): boolean {
    this.round++;
    const deferred = this.#deferred;
    const hasDeferred = deferred.length > 0;
    const waits = !hasDeferred && this.#cadence.isQuick;
    const count = this.#poller.wait(waits ? PATIENCE_MS : 0);
    const hasEvents = count > 0;
    this.#hasMore = count === MAX_EVENTS;
    if (hasEvents) this.#cadence.note(performance.now());
    if (hasDeferred) {
      this.#deferred = [];
      for (const action of deferred) action();
    }
    this.#core.runMicrotasks();
    if (this.#deferred.length > 0 || this.#hasMore) return true;
    // If it does not wait for the next event, it need not look once more: all that had happened was taken.
    return this.#cadence.isQuick && (hasEvents || hasDeferred);
  }

  #sleep(): void {
    this.#state = this.#count === 0 ? "stopped" : "asleep";
    if (this.#state === "stopped") return;
    this.#sleptAt = performance.now();
    if (this.#waker !== undefined) this.#waker.arm();
    else if (!this.#isOpening) this.#openWaker();
  }

  readonly #wake = (): void => {
    if (this.#state !== "asleep") return;
    this.#state = "taking turns";
    setImmediate(this.#takeTurn);
  };

  async #openWaker(): Promise<void> {
    this.#isOpening = true;
    const waker = await DenoWaker.open(this.libc, this.#poller.descriptor, this.#wake);
    this.#isOpening = false;
    if (this.#count === 0) {
      waker.close();
      if (this.#isClosed) this.#poller.close();
      return;
    }
    this.#waker = waker;
    this.#wake(); // something may have happened before it could
  }
}

/** @throws if this version of Deno has them no more */
function denoCore(): DenoCore {
  const { internal } = Deno as unknown as { readonly internal: symbol };
  const { core } = (Deno as unknown as Record<symbol, { readonly core?: Partial<DenoCore> }>)[
    internal
  ] ?? {};
  const { runMicrotasks, hasTickScheduled } = core ?? {};
  if (runMicrotasks === undefined || hasTickScheduled === undefined) {
    throw new Error(`this version of Deno, ${Deno.version.deno}, lacks what it needs`);
  }
  return { runMicrotasks, hasTickScheduled };
}
