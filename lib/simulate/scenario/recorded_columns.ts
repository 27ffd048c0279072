/** Requests that were recorded, in columns with each text once: a million objects would be too many. */
import { type Arrivals, drawAddress } from "./arrivals.ts";
import { stream } from "../run/random.ts";

/** The clients of recorded requests that name none: one of so many, by chance. */
const CLIENTS = 1_000;

/** What was recorded of a request. */
export interface Recorded {
  /** In milliseconds, from any beginning. */
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
  readonly #texts = new Map<string, string>();
  #first = Infinity;
  #last = -Infinity;
  /** Whether any of them has a path of its own. */
  hasPaths = false;

  get count(): number {
    return this.#times.length;
  }

  /** From the first to the last, in milliseconds. */
  get length(): number {
    return this.#last - this.#first;
  }

  add({ time, method, path, client }: Recorded): void {
    this.#times.push(time);
    this.#methods.push(this.#once(method));
    this.#paths.push(this.#once(path));
    this.#clients.push(this.#once(client));
    this.#first = Math.min(this.#first, time);
    this.#last = Math.max(this.#last, time);
    if (path !== undefined) this.hasPaths = true;
  }

  /** They come in the order of their times, the first one at 0. */
  arrivals(seed: number): Arrivals {
    const times = this.#times;
    const order = Uint32Array.from(times, (_, line) => line);
    order.sort((a, b) => times[a]! - times[b]!);
    const [first, methods, paths, clients] = [
      this.#first,
      this.#methods,
      this.#paths,
      this.#clients,
    ];
    return {
      count: this.count,
      *[Symbol.iterator]() {
        const random = stream(seed, "arrivals");
        for (const line of order) {
          yield {
            at: times[line]! - first,
            method: methods[line] ?? "GET",
            path: paths[line] ?? "/",
            clientAddress: clients[line] ?? drawAddress(random, CLIENTS),
          };
        }
      },
    };
  }

  /** The text that was there before, where it is the same. */
  #once(text: string | undefined): string | undefined {
    if (text === undefined) return undefined;
    const known = this.#texts.get(text);
    if (known === undefined) this.#texts.set(text, text);
    return known ?? text;
  }
}
