/** Requests as a file recorded them: a line each, either seconds or a line of the access log in JSON. */
import { OVERLOADED } from "../../http/local_reply.ts";
import { type Arrivals, lengthProblem, MAX_REQUESTS } from "./arrivals.ts";
import { type Recorded, RecordedColumns } from "./recorded_columns.ts";

/** A longer line, in characters, is none of an access log. */
export const MAX_LINE_CHARACTERS = 8 * 1024 * 1024;

/** How many lines that are wrong are told. */
const SHOWN_PROBLEMS = 5;

/** How much of a line that is wrong is shown, in characters. */
const SHOWN_CHARACTERS = 80;

/** What a file of requests came to. */
export interface Recording {
  /** Its requests; undefined where there are problems. */
  readonly arrivals?: (seed: number) => Arrivals;
  /** Whether any request has a path of its own. */
  readonly hasPaths: boolean;
  /** How many lines are of requests that were refused, and so no load for a backend. */
  readonly skipped: number;
  /** One sentence each. */
  readonly problems: readonly string[];
}

/** Reads a file line by line, so that no more of it is kept than what is needed. */
export class ArrivalsReader {
  readonly #columns = new RecordedColumns();
  readonly #problems: string[] = [];
  readonly #most: number;
  #line = 0;
  #skipped = 0;
  #wrong = 0;
  #isOver = false;

  /** @param most lines that there may be */
  constructor(most = MAX_REQUESTS) {
    this.#most = most;
  }

  /** Whether it takes no further line: there was too much. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** @param untrimmed a line; blanks around it, and the byte order mark before the first, do not count */
  add(untrimmed: string): void {
    if (this.#isOver) return;
    this.#line++;
    if (untrimmed.length > MAX_LINE_CHARACTERS) {
      return this.#end(`a longer one on line ${this.#line}`);
    }
    const line = untrimmed.trim(); // takes U+FEFF for a blank
    if (line === "") return;
    if (this.#columns.count + this.#skipped + this.#wrong === this.#most) return this.#end("more");
    const recorded = readLine(line);
    if (recorded === undefined) this.#tell(line);
    else if (recorded === "refused") this.#skipped++;
    else this.#columns.add(recorded);
  }

  finish(): Recording {
    const columns = this.#columns;
    const problems = [...this.#problems];
    const more = this.#wrong - SHOWN_PROBLEMS;
    if (more > 0) problems.push(`arrivals have lines like these, and ${more} more`);
    if (problems.length === 0 && columns.count === 0) {
      problems.push(
        this.#skipped === 0
          ? "arrivals must have at least one line: current value is an empty file"
          : "arrivals must have a request that was not refused: " +
            `current value is ${this.#skipped} that were`,
      );
    }
    const tooLong = lengthProblem(columns.length, "arrivals must span");
    if (tooLong !== undefined) problems.push(tooLong);
    return {
      ...(problems.length === 0 && { arrivals: (seed) => columns.arrivals(seed) }),
      hasPaths: columns.hasPaths,
      skipped: this.#skipped,
      problems,
    };
  }

  #tell(line: string): void {
    if (++this.#wrong > SHOWN_PROBLEMS) return;
    this.#problems.push(
      "arrivals must have seconds or a line of the access log in JSON on line " +
        `${this.#line}: current value is ${JSON.stringify(line.slice(0, SHOWN_CHARACTERS))}`,
    );
  }

  #end(found: string): void {
    this.#isOver = true;
    this.#problems.push(
      found === "more"
        ? `arrivals must have ${this.#most} lines at most: current value is more`
        : `arrivals must have lines of ${MAX_LINE_CHARACTERS} characters at most: current value is ${found}`,
    );
  }
}

/** Plain decimals; no more digits than a number can hold to the microsecond. */
const SECONDS = /^-?\d{1,11}(?:\.\d{1,9})?$/;

/** As the access log writes it. Without an offset it would depend on where the simulation runs. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

/** What a line says of a request; undefined where it is none of either kind. */
function readLine(line: string): Recorded | "refused" | undefined {
  if (SECONDS.test(line)) return { time: Number(line) * 1000 };
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined; // the line is told, which says more than where JSON ends in it
  }
  if (typeof value !== "object" || value === null) return undefined;
  const fields = new Map<string, unknown>(Object.entries(value));
  const text = textIn(fields, "time") ?? "";
  const time = TIME.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(time)) return undefined;
  // One request too many was load, and may be none with other settings; what was malformed is never load.
  if ((textIn(fields, "refused") ?? OVERLOADED) !== OVERLOADED) return "refused";
  return {
    time,
    method: textIn(fields, "method"),
    path: textIn(fields, "path"),
    client: textIn(fields, "client"),
  };
}

/** A text of a line; `-` is how the access log says that there was none. */
function textIn(fields: ReadonlyMap<string, unknown>, name: string): string | undefined {
  const value = fields.get(name);
  return typeof value === "string" && value !== "-" && value !== "" ? value : undefined;
}
