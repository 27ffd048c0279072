/**
 * The data plane of one worker: an engine, and pools over the backends that all workers share. It changes
 * to another revision in two steps, so that all workers do or none.
 */
import type { Engine, ListenerAddress, Preparation } from "../engines/engine.ts";
import { ENGINES } from "../engines/mod.ts";
import { bindOrExplain, ListenError } from "../net/listen_error.ts";
import type { Sockets } from "../net/sockets.ts";
import { COMMON, processRecords, WORKER } from "../shared_memory/layout.ts";
import { StatusCounts } from "../shared_memory/status_counts.ts";
import { startClock } from "../time/clock.ts";
import { compile, type Compiled, type CompileOptions } from "./compile.ts";
import { GuardToolbox } from "./guard_tools.ts";
import { LineBatch } from "./line_batch.ts";
import type { Assignment, Notice, Prepared } from "./messages.ts";
import { requestsInFlight } from "./reclaim.ts";
import type { Revision } from "./revision.ts";

/** A running data plane. */
export interface DataPlane {
  /** Where it listens at first, in the order of the listeners. */
  readonly addresses: readonly Deno.NetAddr[];
  /** Gets ready for another revision; until it is committed, nothing changes. */
  prepare(revision: Revision): Promise<Prepared>;
  /** From now on serves by a revision that was prepared. @param number of the revision */
  commit(number: number): Promise<void>;
  /** Forgets a revision that was prepared. @param number of the revision */
  abandon(number: number): Promise<void>;
  /** Stops it: see {@linkcode Engine.drain}. When it resolves, all notices have been sent. */
  drain(timeout: number, grace: number): Promise<number>;
}

/**
 * Starts the data plane. If the engine's listener breaks for good, `finished` of the engine rejects, which
 * nothing handles: the worker dies, and the supervisor starts another one.
 *
 * @param sockets what the engine listens and connects with
 * @param notify sends a notice to the supervisor
 * @throws {ListenError} if the address cannot be listened on
 */
export async function startDataPlane(
  assignment: Assignment,
  sockets: Sockets,
  notify: (notice: Notice) => void,
): Promise<DataPlane> {
  const { revision, number, workers, reusePort, buffer, wallOrigin } = assignment;
  const process = processRecords(workers, buffer);
  const onFault = (error: unknown) =>
    notify({ kind: "fault", message: `a request failed by a fault of this program: ${error}` });
  const serve = await ENGINES[revision.config.engine]();
  const { time } = process.record(COMMON);
  const { heartbeat, awake, localReplies } = process.record(WORKER, number);
  awake.value = 1;
  const clock = startClock({
    time: () => time.value,
    onSleep: () => awake.value = 0,
    onWake() {
      awake.value = 1;
      notify({ kind: "awake" });
    },
  });
  clock.onTick(() => heartbeat.add(1));
  const batch = new LineBatch((lines) => notify({ kind: "lines", lines }));
  const sharer = { worker: number, workers };
  const guards = new GuardToolbox(sharer, assignment.seed, onFault);
  const options: CompileOptions = { ...assignment, ...sharer, clock, guards, batch, notify };
  const { snapshot } = await compile(revision, options);
  const listeners = listenersFor(number, revision);
  const engine = bindOrExplain("requests", listeners, () =>
    serve({
      snapshot,
      listeners,
      reusePort,
      sockets,
      clock,
      rateClock: sharedClock(wallOrigin),
      requests: requestsInFlight(process, number),
      localReplies: new StatusCounts(localReplies),
      onError: onFault,
      onWarning: (message) => notify({ kind: "warning", message }),
    }));
  const changes = new Changes(engine, revision, options);

  return {
    addresses: addressesOf(revision, listeners, engine.addresses),
    prepare: (revision) => changes.prepare(revision),
    commit: (number) => changes.commit(number),
    abandon: (number) => changes.abandon(number),
    async drain(timeout, grace) {
      const cut = await engine.drain(timeout, grace);
      batch.flush();
      guards.retain({ routes: [] });
      clock[Symbol.dispose]();
      return cut;
    },
  };
}

/** A revision that can be committed. */
interface Ready {
  readonly revision: Revision;
  readonly compiled: Compiled;
  readonly preparation: Preparation;
}

/** Changes from one revision to another. */
class Changes {
  readonly #engine: Engine;
  readonly #options: CompileOptions;
  #current: Revision;
  /** Revisions that are prepared, or being prepared, by their numbers; undefined if one cannot be. */
  readonly #ready = new Map<number, Promise<Ready | undefined>>();

  constructor(engine: Engine, current: Revision, options: CompileOptions) {
    this.#engine = engine;
    this.#current = current;
    this.#options = options;
  }

  async prepare(revision: Revision): Promise<Prepared> {
    const preparing = this.#prepare(revision);
    this.#ready.set(revision.number, preparing.catch(() => undefined));
    try {
      const { preparation } = await preparing;
      const opened = listenersFor(this.#options.worker, revision);
      const addresses = addressesOf(revision, opened, preparation.addresses);
      return { kind: "prepared", addresses };
    } catch (error) {
      this.#ready.delete(revision.number);
      const message = error instanceof ListenError
        ? error.message
        : `Cannot serve by it, by a fault of this program: ${error}`;
      return { kind: "refused", message };
    }
  }

  async #prepare(revision: Revision): Promise<Ready> {
    const listeners = listenersFor(this.#options.worker, revision);
    const compiled = await compile(revision, this.#options);
    const preparation = bindOrExplain(
      "requests",
      listeners,
      () => this.#engine.prepare(listeners),
    );
    return { revision, compiled, preparation };
  }

  async commit(number: number): Promise<void> {
    const ready = await this.#take(number);
    if (ready === undefined) return;
    const { revision, compiled: { snapshot, backends }, preparation } = ready;
    this.#current = revision;
    preparation.commit({
      snapshot,
      backends: new Set(backends.map(({ uid }) => uid)),
      drainTimeout: revision.config.timeouts.drain,
    });
    this.#options.guards.retain(revision.config);
    this.#options.notify({ kind: "committed", revision: number });
  }

  async abandon(number: number): Promise<void> {
    const ready = await this.#take(number);
    ready?.preparation.abandon();
    this.#options.guards.retain(this.#current.config);
  }

  async #take(number: number): Promise<Ready | undefined> {
    const ready = await this.#ready.get(number);
    this.#ready.delete(number);
    return ready;
  }
}

/** The worker that accepts on unix sockets: unlike a port, one cannot be shared (docs/engines.md). */
const SOCKETS_WORKER = 1;

function listenersFor(worker: number, { listeners }: Revision): readonly ListenerAddress[] {
  return worker === SOCKETS_WORKER ? listeners : listeners.filter(({ unix }) => unix === undefined);
}

/** Where each listener is, those included that another worker accepts on. */
function addressesOf(
  { listeners }: Revision,
  opened: readonly ListenerAddress[],
  addresses: readonly Deno.NetAddr[],
): readonly Deno.NetAddr[] {
  return listeners.map(({ name, hostname, port }) =>
    addresses[opened.findIndex((listener) => listener.name === name)] ??
      { transport: "tcp", hostname, port }
  );
}

/**
 * A clock that reads the same in all workers, to a millisecond: the clock of each begins when it starts.
 *
 * @param wallOrigin the wall-clock time at which the shared one began, taken when this worker was started
 */
function sharedClock(wallOrigin: number): () => number {
  const offset = performance.timeOrigin - wallOrigin;
  return () => offset + performance.now();
}
