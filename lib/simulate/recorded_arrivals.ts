/** Requests as a file recorded them: a line each, either seconds or a line of the access log in JSON. */
import { addressOf, type Arrivals } from "./arrivals.ts";
import { stream } from "./random.ts";

/** The clients of requests whose line names none: one of so many, by chance. */
const CLIENTS = 1_000;

const DAY = 24 * 60 * 60 * 1000;

/** From the first to the last. */
const MOST_DAYS = 31;

/** How many lines that are wrong are told. */
const TOLD = 5;

/** How much of a line that is wrong is shown, in characters. */
const SHOWN = 80;

export interface RecordedArrivals {
  /** Undefined where there are problems. */
  readonly arrivals?: Arrivals;
  /** One sentence each. */
  readonly problems: readonly string[];
}

/** Reads a file; its requests come in the order of their times, the first one at 0. */
export function readArrivals(text: string, seed: number): RecordedArrivals {
  const columns = new Columns();
  const problems: string[] = [];
  let wrong = 0;
  text.split("\n").forEach((untrimmed, index) => {
    const line = untrimmed.trim();
    if (line === "") return;
    const recorded = readLine(line);
    if (recorded !== undefined) columns.add(recorded);
    else if (++wrong <= TOLD) {
      problems.push(
        `arrivals must have seconds or a line of the access log in JSON on line ${index + 1}: ` +
          `current value is ${JSON.stringify(line.slice(0, SHOWN))}`,
      );
    }
  });
  if (wrong > TOLD) problems.push(`arrivals have lines like these, and ${wrong - TOLD} more`);
  if (wrong > 0) return { problems };
  if (columns.count === 0) {
    return { problems: ["arrivals must have at least one line: current value is an empty file"] };
  }
  const days = columns.length / DAY;
  if (days > MOST_DAYS) {
    const found = `current value is ${days.toFixed(1)} days`;
    return { problems: [`arrivals must span ${MOST_DAYS} days at most: ${found}`] };
  }
  return { arrivals: columns.arrivals(seed), problems };
}

/** What a line says of a request. */
interface Recorded {
  /** In milliseconds, from any beginning. */
  readonly time: number;
  readonly method?: unknown;
  readonly path?: unknown;
  readonly client?: unknown;
}

function readLine(line: string): Recorded | undefined {
  const seconds = Number(line);
  if (Number.isFinite(seconds)) return { time: seconds * 1000 };
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined; // the line is told, which says more than where JSON ends in it
  }
  if (typeof value !== "object" || value === null) return undefined;
  const time = "time" in value && typeof value.time === "string" ? Date.parse(value.time) : NaN;
  return Number.isNaN(time) ? undefined : { ...value, time };
}

/** What the lines say, in columns with each text once: a million objects would be too many. */
class Columns {
  readonly #times: number[] = [];
  readonly #methods: (string | undefined)[] = [];
  readonly #paths: (string | undefined)[] = [];
  readonly #clients: (string | undefined)[] = [];
  readonly #texts = new Map<string, string>();
  #first = Infinity;
  #last = -Infinity;

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
  }

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
            clientAddress: clients[line] ?? addressOf(random, CLIENTS),
          };
        }
      },
    };
  }

  /** The text that was there before, where it is the same; undefined for what is no text. */
  #once(text: unknown): string | undefined {
    if (typeof text !== "string") return undefined;
    const known = this.#texts.get(text);
    if (known === undefined) this.#texts.set(text, text);
    return known ?? text;
  }
}
