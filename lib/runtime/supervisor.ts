/**
 * The supervisor of the workers: starts them, and again those that die; takes back what a dead one had in
 * flight; and tells when one hangs.
 */
import { ListenError, listening } from "../net/listen_error.ts";
import type { Level } from "../logging/log.ts";
import { within } from "../time/with_timeout.ts";
import type { Assignment, LogNotice } from "./messages.ts";
import type { SharedMemory } from "../shared_memory/layout.ts";
import { requestsOf, takeBack } from "./reclaim.ts";
import { Thread } from "./worker_handle.ts";
import { Watch } from "./heartbeat_monitor.ts";

export interface SupervisorOptions {
  /** What each is to do, but for what differs. */
  readonly assignment: Omit<Assignment, "number" | "buffer" | "extent" | "reusePort">;
  readonly memory: SharedMemory;
  /** The module that they run; by default lib/runtime/worker.ts. */
  readonly script?: URL;
  /** Told what a worker says for the logs. */
  readonly onNotice: (notice: LogNotice) => void;
  /** Told what becomes of workers. */
  readonly onLog: (level: Level, message: string) => void;
  /** Told that a worker is gone, once what it had in flight is taken back. */
  readonly onDeath: (number: number) => void;
}

/** How long the supervisor waits before it starts another worker in place of one that died; in milliseconds. */
const REST = 100;

/** The same where one after the other dies. */
const LONGEST_REST = 5_000;

/** One that lived for so long did not die of how it was started, in milliseconds. */
const SETTLED = 10_000;

/** How long a worker that was told to stop may take beyond its time, in milliseconds. */
const PATIENCE = 1_000;

/** A worker hangs for good. No other can take its place: it cannot be ended, and goes on listening. */
export class WorkerHangs extends Error {
  override name = "WorkerHangs";
}

export class Supervisor {
  /** Rejects with {@linkcode WorkerHangs}; never resolves. */
  readonly finished: Promise<never>;
  readonly #options: SupervisorOptions;
  readonly #threads = new Map<number, Thread>();
  /** How long each rests before it is started again, should it die at once again. */
  readonly #rests = new Map<number, number>();
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  readonly #watch: Watch;
  readonly #finished = Promise.withResolvers<never>();
  #port: number;
  #phase: "starting" | "running" | "stopping" = "starting";

  constructor(options: SupervisorOptions) {
    const { onLog } = options;
    this.#options = options;
    this.#port = options.assignment.port;
    this.finished = this.#finished.promise;
    this.finished.catch(() => {}); // who runs it may look later
    this.#watch = new Watch({
      onHang: (number) => onLog("error", `worker ${number} hangs: its clients wait`),
      onRecovery: (number) => onLog("info", `worker ${number} goes on`),
      onHangForGood: (number) =>
        this.#finished.reject(new WorkerHangs(`Cannot go on as worker ${number} hangs`)),
    });
  }

  /**
   * Starts all workers.
   *
   * @returns where they listen
   * @throws {ListenError} where they cannot; then none is left
   */
  async start(): Promise<Deno.NetAddr> {
    const { config: { HOST }, port } = this.#options.assignment;
    const [first, ...others] = this.#numbers;
    if (others.length > 0 && port !== 0) {
      // Sharing it, they would not notice that somebody else does, too.
      listening("PORT", HOST, port, () => Deno.listen({ hostname: HOST, port }).close());
    }
    try {
      // The first one finds a port, if any will do, that the others share.
      const address = await this.#hire(first!).listening;
      this.#port = address.port;
      await Promise.all(others.map((number) => this.#hire(number).listening));
      this.#phase = "running";
      return address;
    } catch (error) {
      this.#end();
      throw error;
    }
  }

  /** Which workers hang; undefined where none does. */
  get hanging(): string | undefined {
    const hanging = this.#watch.hanging.map((number) => `worker ${number} hangs`);
    return hanging.length > 0 ? hanging.join(", ") : undefined;
  }

  /** What keeps the workers from serving; undefined where they serve. */
  get problem(): string | undefined {
    if (this.hanging !== undefined) return this.hanging;
    return [...this.#threads.values()].some(({ serves }) => serves) ? undefined : "no worker runs";
  }

  /** Looks after them. To be called with each tick of the clock. @param now in milliseconds */
  look(now: number): void {
    for (const { number, serves } of this.#threads.values()) {
      const { heartbeat } = this.#options.memory.worker(number);
      if (serves) this.#watch.look(number, heartbeat.value, now);
    }
  }

  /**
   * Stops all workers: see {@linkcode Engine.drain}.
   *
   * @returns how many requests were cut off
   */
  async drain(timeout: number, grace: number): Promise<number> {
    this.#phase = "stopping";
    for (const timer of this.#timers) clearTimeout(timer);
    const { memory } = this.#options;
    const cut = await Promise.all([...this.#threads.values()].map(async (thread) => {
      const cut = thread.serves && await within(timeout + PATIENCE, thread.drain(timeout, grace));
      // One that died meanwhile, or hangs, stopped nothing itself.
      return cut === undefined ? requestsOf(memory, thread.number).own : Number(cut);
    }));
    this.#end();
    return cut.reduce((sum, count) => sum + count, 0);
  }

  get #numbers(): number[] {
    return Array.from({ length: this.#options.memory.extent.workers - 1 }, (_, index) => index + 1);
  }

  #hire(number: number): Thread {
    const { memory, assignment, script, onNotice } = this.#options;
    const startedAt = performance.now();
    const thread = new Thread({
      script: script ?? new URL("./worker.ts", import.meta.url),
      assignment: {
        ...assignment,
        number,
        port: this.#port,
        reusePort: this.#numbers.length > 1,
        buffer: memory.buffer,
        extent: memory.extent,
      },
      onNotice,
      onDeath: (reason) => this.#bury(number, reason, performance.now() - startedAt),
    });
    this.#threads.set(number, thread);
    return thread;
  }

  /** @param lived for how long, in milliseconds */
  #bury(number: number, reason: string, lived: number): void {
    const { memory, onDeath, onLog } = this.#options;
    this.#threads.delete(number);
    this.#watch.forget(number);
    const lost = takeBack(memory, number);
    onDeath(number);
    onLog("error", `worker ${number} died, requests lost with it: ${lost}: ${reason}`);
    if (lived >= SETTLED) this.#rests.delete(number);
    this.#replace(number);
  }

  /** Starts another one in its place, after a rest that grows where that is of no use. */
  #replace(number: number): void {
    if (this.#phase !== "running") return;
    const rest = this.#rests.get(number) ?? REST;
    this.#rests.set(number, Math.min(2 * rest, LONGEST_REST));
    const timer = setTimeout(async () => {
      this.#timers.delete(timer);
      const thread = this.#hire(number);
      try {
        await thread.listening;
        this.#options.onLog("info", `worker ${number} is started again`);
      } catch (error) {
        if (!(error instanceof ListenError)) return; // it has died, which is told and seen to
        this.#options.onLog("error", error.message);
        thread.end();
        this.#threads.delete(number);
        this.#replace(number);
      }
    }, rest);
    this.#timers.add(timer);
  }

  #end(): void {
    this.#phase = "stopping";
    for (const thread of this.#threads.values()) thread.end();
    this.#threads.clear();
  }
}
