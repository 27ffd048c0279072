/** Recorded requests, read from the text of a file. */
import { type Arrivals, checkDuration, MAX_REQUESTS } from "./arrivals.ts";
import { RecordedColumns } from "./recorded_columns.ts";
import { readRecordedLine } from "./recorded_line.ts";

/** A longer line is not from an access log. */
export const MAX_LINE_CHARACTERS = 8 * 1024 * 1024;

/** How many unreadable lines get a message of their own. */
const MAX_SHOWN_LINES = 5;

/** How much of an unreadable line is shown. */
const MAX_SHOWN_CHARACTERS = 80;

/** The requests of a file, or the problems with it. */
export interface Recording {
  /** The requests for a seed; undefined if there are problems. */
  readonly arrivals?: (seed: number) => Arrivals;
  /** Whether the path of any request was recorded. */
  readonly hasPaths: boolean;
  /** How many lines were left out, as their requests were refused. */
  readonly skipped: number;
  /** One sentence each. */
  readonly problems: readonly string[];
}

/**
 * Reads recorded requests line by line, as a file of millions of them is longer than a string can
 * be.
 *
 * @param chunks the text, cut anywhere
 * @param maxLines how many lines may be recorded requests
 */
export async function readRecording(
  chunks: AsyncIterable<string>,
  maxLines = MAX_REQUESTS,
): Promise<Recording> {
  const reader = new RecordingReader(maxLines);
  let rest = "";
  for await (const chunk of chunks) {
    const lines = chunk.split("\n");
    lines[0] = rest + lines[0]!;
    rest = lines.pop()!;
    for (const line of lines) reader.add(line);
    if (rest.length > MAX_LINE_CHARACTERS) reader.add(rest); // which stops the reader
    if (reader.isStopped) break;
  }
  reader.add(rest);
  return reader.finish();
}

class RecordingReader {
  readonly #columns = new RecordedColumns();
  readonly #problems: string[] = [];
  readonly #maxLines: number;
  #lineNumber = 0;
  #skipped = 0;
  #unreadable = 0;
  #isStopped = false;

  constructor(maxLines: number) {
    this.#maxLines = maxLines;
  }

  /** Whether a limit was exceeded, so that further lines are ignored. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  add(untrimmed: string): void {
    if (this.#isStopped) return;
    this.#lineNumber++;
    if (untrimmed.length > MAX_LINE_CHARACTERS) {
      return this.#stop(
        `line ${this.#lineNumber} of arrivals must have at most ${MAX_LINE_CHARACTERS} ` +
          "characters: current value is longer",
      );
    }
    const line = untrimmed.trim(); // removes a byte order mark, too
    if (line === "") return;
    if (this.#columns.count + this.#skipped + this.#unreadable === this.#maxLines) {
      return this.#stop(
        `arrivals must have at most ${this.#maxLines} lines: current value is more`,
      );
    }
    const request = readRecordedLine(line);
    if (request === undefined) this.#addUnreadable(line);
    else if (request === "refused") this.#skipped++;
    else this.#columns.add(request);
  }

  finish(): Recording {
    const columns = this.#columns;
    const problems = [...this.#problems];
    const unshown = this.#unreadable - MAX_SHOWN_LINES;
    if (unshown > 0) problems.push(`arrivals have ${unshown} more lines that cannot be read`);
    if (problems.length === 0 && columns.count === 0) problems.push(this.#describeEmpty());
    const tooLong = checkDuration(columns.durationMs, "arrivals must");
    if (tooLong !== undefined) problems.push(tooLong);
    return {
      ...(problems.length === 0 && { arrivals: (seed) => columns.toArrivals(seed) }),
      hasPaths: columns.hasPaths,
      skipped: this.#skipped,
      problems,
    };
  }

  #addUnreadable(line: string): void {
    if (++this.#unreadable > MAX_SHOWN_LINES) return;
    const shown = JSON.stringify(line.slice(0, MAX_SHOWN_CHARACTERS));
    this.#problems.push(
      `line ${this.#lineNumber} of arrivals must be seconds or an access log entry in JSON: ` +
        `current value is ${shown}`,
    );
  }

  #stop(problem: string): void {
    this.#isStopped = true;
    this.#problems.push(problem);
  }

  #describeEmpty(): string {
    return this.#skipped === 0
      ? "arrivals must have at least one line: current value is an empty file"
      : "arrivals must have at least one request that was not refused: " +
        `current value is ${this.#skipped} refused`;
  }
}
