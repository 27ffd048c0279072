/** A worker as its supervisor sees it. */
import { ListenError } from "../net/listen_error.ts";
import type { Assignment, LogNotice, Notice, Order } from "./messages.ts";

export interface WorkerHandleOptions {
  readonly assignment: Assignment;
  /** The module that it runs. */
  readonly script: URL;
  /** Told what it says for the logs. */
  readonly onNotice: (notice: LogNotice) => void;
  /** Told once that it has died, and of what; not where it was ended. */
  readonly onExit: (reason: string) => void;
}

export class WorkerHandle {
  readonly number: number;
  /** Whether it listens. */
  serves = false;
  /** Where it listens; rejects with a {@linkcode ListenError}, or where it dies before that. */
  readonly listening: Promise<Deno.NetAddr>;
  readonly #worker: Worker;
  readonly #options: WorkerHandleOptions;
  readonly #listening = Promise.withResolvers<Deno.NetAddr>();
  readonly #drained = Promise.withResolvers<number | undefined>();
  #ended = false;

  constructor(options: WorkerHandleOptions) {
    this.#options = options;
    this.number = options.assignment.number;
    this.listening = this.#listening.promise;
    this.listening.catch(() => {}); // who started it may look later
    this.#worker = new Worker(options.script, {
      type: "module",
      name: `worker ${this.number}`,
    });
    this.#worker.onmessage = ({ data }: MessageEvent<Notice>) => this.#receive(data);
    this.#worker.onerror = (event) => {
      event.preventDefault(); // it would end the whole program
      this.#exit(event.message);
    };
    this.#send({ kind: "serve", assignment: options.assignment });
  }

  /**
   * Stops it: see {@linkcode Engine.drain}.
   *
   * @returns how many requests were cut off; undefined where it died meanwhile
   */
  drain(timeout: number, grace: number): Promise<number | undefined> {
    this.#send({ kind: "drain", timeout, grace });
    return this.#drained.promise;
  }

  /** Ends it, between two turns of its event loop: at once, unless it hangs. */
  end(): void {
    this.#ended = true;
    this.#worker.terminate();
  }

  #send(order: Order): void {
    this.#worker.postMessage(order);
  }

  #receive(notice: Notice): void {
    switch (notice.kind) {
      case "listening":
        this.serves = true;
        return this.#listening.resolve(notice.address);
      case "cannot listen":
        return this.#listening.reject(new ListenError(notice.message));
      case "drained":
        return this.#drained.resolve(notice.cut);
      default:
        this.#options.onNotice(notice);
    }
  }

  #exit(reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#listening.reject(new Error(`Worker ${this.number} died: ${reason}`));
    this.#drained.resolve(undefined);
    this.#options.onExit(reason);
  }
}
