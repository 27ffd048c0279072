/**
 * Recorded requests in columns, each string kept once: millions of objects would take too much
 * memory.
 */
import { type Arrivals, drawAddress } from "./arrivals.ts";
import { createRandomStream } from "./random_streams.ts";

/** Recorded requests that name no client come from this many, drawn at random. */
const CLIENTS = 1_000;

/** What was recorded of a request. */
export interface RecordedRequest {
  /** In milliseconds from any point in time that is the same for all requests. */
  readonly time: number;
  readonly method?: string | undefined;
  readonly path?: string | undefined;
  readonly client?: string | undefined;
}

export class RecordedColumns {
  readonly #times: number[] = [];
  readonly #methods: (string | undefined)[] = [];
  readonly #paths: (string | undefined)[] = [];
  readonly #clients: (string | undefined)[] = [];
  readonly #strings = new Map<string, string>();
  #first = Infinity;
  #last = -Infinity;
  /** Whether the path of any request was recorded. */
  hasPaths = false;

  get count(): number {
    return this.#times.length;
  }

  /** From the first request to the last. */
  get durationMs(): number {
    return this.#last - this.#first;
  }

  add({ time, method, path, client }: RecordedRequest): void {
    this.#times.push(time);
    this.#methods.push(this.#intern(method));
    this.#paths.push(this.#intern(path));
    this.#clients.push(this.#intern(client));
    this.#first = Math.min(this.#first, time);
    this.#last = Math.max(this.#last, time);
    if (path !== undefined) this.hasPaths = true;
  }

  /** The requests in the order of their times, the first one at 0. */
  toArrivals(seed: number): Arrivals {
    const times = this.#times;
    const first = this.#first;
    const methods = this.#methods;
    const paths = this.#paths;
    const clients = this.#clients;
    const order = Uint32Array.from(times, (_, row) => row);
    order.sort((a, b) => times[a]! - times[b]!);
    return {
      count: this.count,
      *[Symbol.iterator]() {
        const random = createRandomStream(seed, "arrivals");
        for (const row of order) {
          yield {
            at: times[row]! - first,
            method: methods[row] ?? "GET",
            path: paths[row] ?? "/",
            clientAddress: clients[row] ?? drawAddress(random, CLIENTS),
          };
        }
      },
    };
  }

  /** Returns the equal string that was added first, so that this one can be freed. */
  #intern(text: string | undefined): string | undefined {
    if (text === undefined) return undefined;
    const known = this.#strings.get(text);
    if (known === undefined) this.#strings.set(text, text);
    return known ?? text;
  }
}
