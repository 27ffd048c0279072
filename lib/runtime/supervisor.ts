/**
 * The supervisor of the workers: starts them, and again those that die; takes back what a dead one had in
 * flight; and tells when one hangs.
 */
import { bindOrExplain, ListenError } from "../net/listen_error.ts";
import type { Level } from "../logging/log.ts";
import { withTimeout } from "../time/with_timeout.ts";
import type { Assignment, LogNotice } from "./messages.ts";
import type { SharedMemory } from "../shared_memory/layout.ts";
import { reclaim, requestsInFlight } from "./reclaim.ts";
import { WorkerHandle } from "./worker_handle.ts";
import { HeartbeatMonitor } from "./heartbeat_monitor.ts";

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
const MIN_BACKOFF_MS = 100;

/** The same where one after the other dies. */
const MAX_BACKOFF_MS = 5_000;

/** One that lived for so long did not die of how it was started, in milliseconds. */
const SETTLED_MS = 10_000;

/** How long a worker that was told to stop may take beyond its time, in milliseconds. */
const DRAIN_MARGIN_MS = 1_000;

/** A worker hangs for good. No other can take its place: it cannot be ended, and goes on listening. */
export class WorkerHangs extends Error {
  override name = "WorkerHangs";
}

export class Supervisor {
  /** Rejects with {@linkcode WorkerHangs}; never resolves. */
  readonly finished: Promise<never>;
  readonly #options: SupervisorOptions;
  readonly #workers = new Map<number, WorkerHandle>();
  /** How long each rests before it is started again, should it die at once again. */
  readonly #backoffs = new Map<number, number>();
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  readonly #heartbeats: HeartbeatMonitor;
  readonly #finished = Promise.withResolvers<never>();
  #port: number;
  #phase: "starting" | "running" | "stopping" = "starting";

  constructor(options: SupervisorOptions) {
    const { onLog } = options;
    this.#options = options;
    this.#port = options.assignment.port;
    this.finished = this.#finished.promise;
    this.finished.catch(() => {}); // who runs it may look later
    this.#heartbeats = new HeartbeatMonitor({
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
      bindOrExplain("PORT", HOST, port, () => Deno.listen({ hostname: HOST, port }).close());
    }
    try {
      // The first one finds a port, if any will do, that the others share.
      const address = await this.#spawn(first!).listening;
      this.#port = address.port;
      await Promise.all(others.map((number) => this.#spawn(number).listening));
      this.#phase = "running";
      return address;
    } catch (error) {
      this.#end();
      throw error;
    }
  }

  /** Which workers hang; undefined where none does. */
  get hanging(): string | undefined {
    const hanging = this.#heartbeats.hanging.map((number) => `worker ${number} hangs`);
    return hanging.length > 0 ? hanging.join(", ") : undefined;
  }

  /** What keeps the workers from serving; undefined where they serve. */
  get problem(): string | undefined {
    if (this.hanging !== undefined) return this.hanging;
    return [...this.#workers.values()].some(({ serves }) => serves) ? undefined : "no worker runs";
  }

  /** Looks after them. To be called with each tick of the clock. @param now in milliseconds */
  checkHeartbeats(now: number): void {
    for (const { number, serves } of this.#workers.values()) {
      const { heartbeat } = this.#options.memory.worker(number);
      if (serves) this.#heartbeats.check(number, heartbeat.value, now);
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
    const cut = await Promise.all([...this.#workers.values()].map(async (thread) => {
      const cut = thread.serves &&
        await withTimeout(timeout + DRAIN_MARGIN_MS, thread.drain(timeout, grace));
      // One that died meanwhile, or hangs, stopped nothing itself.
      return cut === undefined ? requestsInFlight(memory, thread.number).own : Number(cut);
    }));
    this.#end();
    return cut.reduce((sum, count) => sum + count, 0);
  }

  get #numbers(): number[] {
    return Array.from({ length: this.#options.memory.extent.workers - 1 }, (_, index) => index + 1);
  }

  #spawn(number: number): WorkerHandle {
    const { memory, assignment, script, onNotice } = this.#options;
    const startedAt = performance.now();
    const thread = new WorkerHandle({
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
      onExit: (reason) => this.#onExit(number, reason, performance.now() - startedAt),
    });
    this.#workers.set(number, thread);
    return thread;
  }

  /** @param lived for how long, in milliseconds */
  #onExit(number: number, reason: string, lived: number): void {
    const { memory, onDeath, onLog } = this.#options;
    this.#workers.delete(number);
    this.#heartbeats.forget(number);
    const lost = reclaim(memory, number);
    onDeath(number);
    onLog("error", `worker ${number} died, requests lost with it: ${lost}: ${reason}`);
    if (lived >= SETTLED_MS) this.#backoffs.delete(number);
    this.#replace(number);
  }

  /** Starts another one in its place, after a rest that grows where that is of no use. */
  #replace(number: number): void {
    if (this.#phase !== "running") return;
    const rest = this.#backoffs.get(number) ?? MIN_BACKOFF_MS;
    this.#backoffs.set(number, Math.min(2 * rest, MAX_BACKOFF_MS));
    const timer = setTimeout(async () => {
      this.#timers.delete(timer);
      const thread = this.#spawn(number);
      try {
        await thread.listening;
        this.#options.onLog("info", `worker ${number} is started again`);
      } catch (error) {
        if (!(error instanceof ListenError)) return; // it has died, which is told and seen to
        this.#options.onLog("error", error.message);
        thread.end();
        this.#workers.delete(number);
        this.#replace(number);
      }
    }, rest);
    this.#timers.add(timer);
  }

  #end(): void {
    this.#phase = "stopping";
    for (const thread of this.#workers.values()) thread.end();
    this.#workers.clear();
  }
}
