/**
 * The supervisor of the workers: it starts them, restarts those that die, notices those that hang, changes
 * all of them to another revision or none, and drains all of them at the end.
 */
import { deadline } from "@std/async/deadline";
import { delay } from "@std/async/delay";
import type { ListenerAddress } from "../engines/engine.ts";
import { log } from "../logging/log.ts";
import {
  bindOrExplain,
  checkSocketsAreFree,
  ListenError,
  NoSocketsError,
} from "../net/listen_error.ts";
import { WORKER } from "../shared_memory/layout.ts";
import type { RecordBuffer } from "../shared_memory/record_buffer.ts";
import type { Clock } from "../time/clock.ts";
import { ignoreTimeout } from "../time/ignore_timeout.ts";
import { nextBackoff } from "./backoff.ts";
import { commitAll, prepareAll } from "./change_workers.ts";
import { HeartbeatMonitor } from "./heartbeat_monitor.ts";
import type { LogNotice, SharedAssignment } from "./messages.ts";
import { requestsInFlight } from "./reclaim.ts";
import { type Revision, withPorts } from "./revision.ts";
import { WorkerHandle } from "./worker_handle.ts";

export interface SupervisorOptions {
  /** What there is once: {@linkcode processRecords}. */
  readonly process: RecordBuffer;
  /** How many serve. */
  readonly workers: number;
  readonly clock: Clock;
  readonly assignment: SharedAssignment;
  /** The module that workers run; by default worker.ts. */
  readonly script: URL | undefined;
  /** Called with what a worker reports for the logs. */
  readonly onNotice: (notice: LogNotice) => void;
  /** Called with the number of a worker that died. @returns how many requests were lost with it */
  readonly onDeath: (worker: number) => number;
}

/** Several sockets share a port only there. */
const CAN_REUSE_PORT = Deno.build.os === "linux";

/** How long a worker may take to stop beyond the timeout of its drain. */
const DRAIN_MARGIN_MS = 1_000;

/** A worker hangs for good. It cannot be replaced: terminating it has no effect, and it still listens. */
export class WorkerHangError extends Error {
  override name = "WorkerHangError";
}

export class Supervisor {
  /** Rejects with {@linkcode WorkerHangError}; never resolves. */
  readonly finished: Promise<never>;
  readonly #options: SupervisorOptions;
  readonly #numbers: readonly number[];
  readonly #workers = new Map<number, WorkerHandle>();
  /** The wait before each worker's last start, in milliseconds. */
  readonly #backoffs = new Map<number, number>();
  readonly #heartbeats: HeartbeatMonitor;
  readonly #finished = Promise.withResolvers<never>();
  readonly #stopping = new AbortController();
  /** What a worker that is started gets. */
  #revision: Revision;
  #isRunning = false;
  #changing: Promise<unknown> = Promise.resolve();

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#numbers = Array.from({ length: options.workers }, (_, index) => index + 1);
    this.#revision = options.assignment.revision;
    this.finished = this.#finished.promise;
    this.finished.catch(() => {}); // it may be awaited only later
    this.#heartbeats = new HeartbeatMonitor({
      onHang: (number) => log("error", `worker ${number} hangs: its clients wait`),
      onRecovery: (number) => log("info", `worker ${number} goes on`),
      onHangForGood: (number) =>
        this.#finished.reject(new WorkerHangError(`Cannot go on as worker ${number} hangs`)),
    });
  }

  /**
   * Starts all workers.
   *
   * @param shared ports on which another balancer listens, whose place this one takes
   * @param sockets its unix sockets, such as `unix:/run/front.sock`
   * @returns where they listen, in the order of the listeners
   * @throws {ListenError} if they cannot listen; then none is left running
   */
  async start(
    shared: ReadonlySet<number>,
    sockets: ReadonlySet<string> = new Set(),
  ): Promise<readonly Deno.NetAddr[]> {
    const { clock } = this.#options;
    const [first, ...others] = this.#numbers;
    this.#checkPortsAreFree(this.#revision.listeners, shared);
    await checkSocketsAreFree(this.#revision.listeners, sockets);
    try {
      // If any free port will do, the first worker takes one and the others share it.
      const addresses = await this.#spawn(first!).listening;
      this.#revision = withPorts(this.#revision, addresses);
      await Promise.all(others.map((number) => this.#spawn(number).listening));
      this.#isRunning = true;
      clock.onTick(() => this.#checkHeartbeats(clock.now()));
      return addresses;
    } catch (error) {
      this.#end();
      const isAboutAddress = error instanceof ListenError && !(error instanceof NoSocketsError);
      if (shared.size === 0 || !isAboutAddress) throw error;
      throw new ListenError(`${error.message}, or run both instances as the same user`);
    }
  }

  /** Where requests come in, with the ports that the system chose. */
  get listeners(): readonly ListenerAddress[] {
    return this.#revision.listeners;
  }

  /** The workers, by their numbers, and whether they listen. */
  get workers(): readonly { readonly number: number; readonly serving: boolean }[] {
    return this.#numbers.map((number) => ({
      number,
      serving: this.#workers.get(number)?.serves ?? false,
    }));
  }

  /**
   * Changes all workers to another revision, or none. One that is being started again meanwhile changes
   * once it listens.
   *
   * @returns why none has changed; undefined if all have, or will
   */
  change(revision: Revision): Promise<string | undefined> {
    return this.#exclusively(() => this.#change(revision));
  }

  async #change(revision: Revision): Promise<string | undefined> {
    try {
      this.#checkPortsAreFree(revision.listeners, new Set(this.listeners.map(({ port }) => port)));
      const own = this.listeners.map(({ hostname }) => hostname);
      await checkSocketsAreFree(revision.listeners, new Set(own));
    } catch (error) {
      if (error instanceof ListenError) return error.message;
      throw error;
    }
    const workers = this.#serving;
    const prepared = await prepareAll(workers, this.#withKnownPorts(revision));
    if (typeof prepared === "string") return prepared;
    this.#revision = prepared;
    await commitAll(workers, prepared);
    return undefined;
  }

  /** Runs one change of workers after the other. */
  #exclusively<Result>(change: () => Promise<Result>): Promise<Result> {
    const changing = this.#changing.then(change);
    this.#changing = changing.catch(() => {}); // whoever has asked for it learns of that
    return changing;
  }

  get #serving(): readonly WorkerHandle[] {
    return [...this.#workers.values()].filter(({ serves }) => serves);
  }

  /** A listener for which the system chose a port keeps it. */
  #withKnownPorts(revision: Revision): Revision {
    const listeners = revision.listeners.map((listener) => {
      const { name, hostname, port } = listener;
      const known = port === 0
        ? this.listeners.find((other) => other.name === name && other.hostname === hostname)
        : undefined;
      return known === undefined ? listener : { ...listener, port: known.port };
    });
    return { ...revision, listeners };
  }

  /** Which workers hang; undefined if none does. */
  get hanging(): string | undefined {
    const hanging = this.#heartbeats.hanging.map((number) => `worker ${number} hangs`);
    return hanging.length > 0 ? hanging.join(", ") : undefined;
  }

  /** Why the workers should get no new requests; undefined if they should. */
  get problem(): string | undefined {
    if (this.#stopping.signal.aborted) return "draining";
    if (this.hanging !== undefined) return this.hanging;
    return [...this.#workers.values()].some(({ serves }) => serves) ? undefined : "no worker runs";
  }

  /**
   * Stops all workers: see {@linkcode Engine.drain}.
   *
   * @returns how many requests were cut off
   */
  async drain(timeout: number, grace: number): Promise<number> {
    this.#stopping.abort();
    const workers = [...this.#workers.values()];
    const cut = await Promise.all(workers.map((worker) => this.#drain(worker, timeout, grace)));
    this.#end();
    return cut.reduce((sum, count) => sum + count, 0);
  }

  async #drain(worker: WorkerHandle, timeout: number, grace: number): Promise<number> {
    if (!worker.serves) return 0;
    const cut = await deadline(worker.drain(timeout, grace), timeout + DRAIN_MARGIN_MS)
      .catch(ignoreTimeout);
    // If it died or hangs, all that it had in flight is cut off.
    return cut ?? requestsInFlight(this.#options.process, worker.number).own;
  }

  /** Workers listen with reusePort, which would silently share a port with another program. */
  #checkPortsAreFree(listeners: readonly ListenerAddress[], shared: ReadonlySet<number>): void {
    for (const listener of listeners) {
      const { hostname, port } = listener;
      if (port === 0 || shared.has(port)) continue;
      bindOrExplain("requests", [listener], () => Deno.listen({ hostname, port }).close());
    }
  }

  #checkHeartbeats(now: number): void {
    for (const { number, serves, heartbeat } of this.#workers.values()) {
      if (serves) this.#heartbeats.check(number, heartbeat.value, now);
    }
  }

  #spawn(number: number): WorkerHandle {
    const { process, workers, clock, assignment, script, onNotice } = this.#options;
    const startedAt = performance.now();
    const worker = new WorkerHandle({
      script: script ?? new URL("./worker.ts", import.meta.url),
      assignment: {
        ...assignment,
        revision: this.#revision,
        number,
        workers: workers + 1,
        reusePort: CAN_REUSE_PORT,
        buffer: process.buffer,
        wallOrigin: Date.now() - performance.now(),
      },
      heartbeat: process.record(WORKER, number).heartbeat,
      onNotice,
      onAwake: () => clock.wake(),
      onExit: (reason) => this.#onExit(number, reason, performance.now() - startedAt),
    });
    this.#workers.set(number, worker);
    return worker;
  }

  #onExit(number: number, reason: string, livedMs: number): void {
    this.#workers.delete(number);
    this.#heartbeats.forget(number);
    const lost = this.#options.onDeath(number);
    log("error", `worker ${number} died, requests lost with it: ${lost}: ${reason}`);
    if (this.#isRunning) this.#restart(number, livedMs);
  }

  /** Starts a worker again, after a wait that grows while it keeps failing. */
  async #restart(number: number, livedMs: number): Promise<void> {
    const backoffMs = nextBackoff(this.#backoffs.get(number), livedMs);
    this.#backoffs.set(number, backoffMs);
    const { signal } = this.#stopping;
    await delay(backoffMs, { signal }).catch(() => {});
    if (signal.aborted) return;
    const worker = this.#spawn(number);
    try {
      await worker.listening;
      await this.#exclusively(() => this.#catchUp(worker));
      log("info", `worker ${number} is started again`);
    } catch (error) {
      if (!(error instanceof ListenError)) return; // it died: #onExit restarts it
      log("error", error.message);
      worker.end();
      this.#workers.delete(number);
      if (!signal.aborted) this.#restart(number, 0);
    }
  }

  /** The revision may have changed while a worker was started. */
  async #catchUp(worker: WorkerHandle): Promise<void> {
    if (worker.revision === this.#revision.number) return;
    const prepared = await prepareAll([worker], this.#revision);
    if (typeof prepared === "string") throw new ListenError(prepared);
    await commitAll([worker], prepared);
  }

  #end(): void {
    this.#isRunning = false;
    for (const worker of this.#workers.values()) worker.end();
    this.#workers.clear();
  }
}
