/** A worker, as the supervisor handles it. */
import { ListenError, NoSocketsError } from "../net/listen_error.ts";
import type { AtomicInt } from "../shared_memory/cells.ts";
import type { Assignment, LogNotice, Notice, Order, Prepared } from "./messages.ts";
import type { Revision } from "./revision.ts";

export interface WorkerHandleOptions {
  readonly assignment: Assignment;
  /** The module that it runs. */
  readonly script: URL;
  /** Changes as long as it is alive. */
  readonly heartbeat: AtomicInt;
  /** Called with what it reports for the logs. */
  readonly onNotice: (notice: LogNotice) => void;
  /** Called if it needs the shared time after a sleep. */
  readonly onAwake: () => void;
  /** Called once if it dies of an error; not after {@linkcode WorkerHandle.end}. */
  readonly onExit: (reason: string) => void;
}

export class WorkerHandle {
  readonly number: number;
  readonly heartbeat: AtomicInt;
  /** Whether it listens. */
  serves = false;
  /** The number of the revision that it serves by, or will once it was told to. */
  revision: number;
  /** Where it listens; rejects with a {@linkcode ListenError}, or with another error if it dies first. */
  readonly listening: Promise<readonly Deno.NetAddr[]>;
  readonly #worker: Worker;
  readonly #options: WorkerHandleOptions;
  readonly #listening = Promise.withResolvers<readonly Deno.NetAddr[]>();
  readonly #drained = Promise.withResolvers<number | undefined>();
  /** Who waits for a revision to be prepared, or committed, by its number. */
  readonly #preparing = new Map<number, (prepared: Prepared) => void>();
  readonly #committing = new Map<number, () => void>();
  #hasEnded = false;

  /** Starts it. */
  constructor(options: WorkerHandleOptions) {
    this.#options = options;
    this.number = options.assignment.number;
    this.heartbeat = options.heartbeat;
    this.revision = options.assignment.revision.number;
    this.listening = this.#listening.promise;
    this.listening.catch(() => {}); // it may be awaited only later
    this.#worker = new Worker(options.script, {
      type: "module",
      name: `worker ${this.number}`,
    });
    this.#worker.onmessage = ({ data }: MessageEvent<Notice>) => this.#receive(data);
    this.#worker.onerror = (event) => {
      event.preventDefault(); // otherwise it ends the whole program
      this.#exit(event.message);
    };
    this.#send({ kind: "serve", assignment: options.assignment });
  }

  /** Lets it get ready for a revision. */
  prepare(revision: Revision): Promise<Prepared> {
    if (this.#hasEnded) return Promise.resolve({ kind: "gone" });
    const { promise, resolve } = Promise.withResolvers<Prepared>();
    this.#preparing.set(revision.number, resolve);
    this.#send({ kind: "prepare", revision });
    return promise;
  }

  /** Lets it serve by a revision that it is ready for. @returns once it does, or has died */
  commit(revision: number): Promise<void> {
    this.revision = revision;
    if (this.#hasEnded) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#committing.set(revision, resolve);
    this.#send({ kind: "commit", revision });
    return promise;
  }

  /** Lets it forget a revision that it got ready for, or still does. */
  abandon(revision: number): void {
    if (!this.#hasEnded) this.#send({ kind: "abandon", revision });
  }

  /**
   * Stops it: see {@linkcode Engine.drain}.
   *
   * @returns how many requests were cut off; undefined if it died meanwhile
   */
  drain(timeout: number, grace: number): Promise<number | undefined> {
    this.#send({ kind: "drain", timeout, grace });
    return this.#drained.promise;
  }

  /** Ends it between two turns of its event loop; a worker that hangs has no such moment. */
  end(): void {
    if (!this.#hasEnded) this.#end();
    this.#hasEnded = true;
    for (const resolve of this.#preparing.values()) resolve({ kind: "gone" });
    for (const resolve of this.#committing.values()) resolve();
  }

  /** Deno's sockets are closed with a thread; others it must close itself, before it ends. */
  #end(): void {
    if (this.#options.assignment.revision.config.io === "deno") this.#worker.terminate();
    else this.#send({ kind: "end" });
  }

  #send(order: Order): void {
    this.#worker.postMessage(order);
  }

  #receive(notice: Notice): void {
    switch (notice.kind) {
      case "listening":
        this.serves = true;
        return this.#listening.resolve(notice.addresses);
      case "cannot listen":
        return this.#listening.reject(new ListenError(notice.message));
      case "has no sockets":
        return this.#listening.reject(new NoSocketsError(notice.message));
      case "died":
        return this.#exit(notice.reason);
      case "ready":
        this.#preparing.get(notice.revision)?.(notice.prepared);
        return void this.#preparing.delete(notice.revision);
      case "committed":
        this.#committing.get(notice.revision)?.();
        return void this.#committing.delete(notice.revision);
      case "drained":
        return this.#drained.resolve(notice.cut);
      case "awake":
        return this.#options.onAwake();
      default:
        this.#options.onNotice(notice);
    }
  }

  #exit(reason: string): void {
    if (this.#hasEnded) return;
    this.end();
    this.#listening.reject(new Error(`Worker ${this.number} died: ${reason}`));
    this.#drained.resolve(undefined);
    this.#options.onExit(reason);
  }
}
