/** Requests at a steady rate, each on a connection of its own, and how each of these connections ended. */

/**
 * Refused: no connection was made. Reset: it broke off. Unanswered: it was closed without an answer, or no answer
 * came in time. Wrong: the answer was not the backend's.
 */
export type End = "answered" | "refused" | "reset" | "unanswered" | "wrong";

const REQUEST = new TextEncoder().encode(
  "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n",
);
const PATIENCE = 10_000;
/** What a client notices: the system sends a lost SYN again after one second. */
const SLOW = 900;

export class ShortConnections {
  readonly ends: Record<End, number> = {
    answered: 0,
    refused: 0,
    reset: 0,
    unanswered: 0,
    wrong: 0,
  };
  /** When each that was not answered began, in milliseconds since the start. */
  readonly lostAt: number[] = [];
  slow = 0;
  longest = 0;
  count = 0;
  readonly #port: number;
  readonly #rate: number;
  readonly #atOnce: number;
  readonly startedAt = performance.now();
  readonly #open = new Set<Promise<void>>();
  readonly #working: Promise<void>;
  #stopped = false;

  /** @param rate connections a second @param atOnce how many there are at a time at most */
  constructor(port: number, rate: number, atOnce: number) {
    this.#port = port;
    this.#rate = rate;
    this.#atOnce = atOnce;
    this.#working = this.#run();
  }

  /** Makes no more; resolves once all have ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#working;
    await Promise.all(this.#open);
  }

  async #run(): Promise<void> {
    let due = performance.now();
    while (!this.#stopped) {
      while (performance.now() >= due) {
        due += 1_000 / this.#rate;
        if (this.#open.size >= this.#atOnce) break;
        this.#begin();
      }
      // What could not be made in time is left out: it would come all at once.
      due = Math.max(due, performance.now() - 5);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  #begin(): void {
    const at = performance.now();
    this.count++;
    const running = this.#once().then((end) => {
      this.#open.delete(running);
      this.ends[end]++;
      const took = performance.now() - at;
      this.longest = Math.max(this.longest, took);
      if (took > SLOW) this.slow++;
      if (end !== "answered") this.lostAt.push(Math.round(at - this.startedAt));
    });
    this.#open.add(running);
  }

  async #once(): Promise<End> {
    let connection: Deno.TcpConn;
    try {
      connection = await Deno.connect({ hostname: "127.0.0.1", port: this.#port });
    } catch (error) {
      return error instanceof Deno.errors.ConnectionRefused ? "refused" : "reset";
    }
    let isLate = false;
    const close = () => {
      try {
        connection.close();
      } catch (error) {
        if (!(error instanceof Deno.errors.BadResource)) throw error;
      }
    };
    const timer = setTimeout(() => (isLate = true, close()), PATIENCE);
    try {
      await connection.write(REQUEST);
      return await answerOf(connection);
    } catch {
      return isLate ? "unanswered" : "reset";
    } finally {
      clearTimeout(timer);
      close();
    }
  }
}

async function answerOf(connection: Deno.TcpConn): Promise<End> {
  const bytes = new Uint8Array(2_048);
  let filled = 0;
  for (let size; (size = await connection.read(bytes.subarray(filled))) !== null;) filled += size;
  if (filled === 0) return "unanswered";
  const text = new TextDecoder().decode(bytes.subarray(0, filled));
  return /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\n\d+$/.test(text) ? "answered" : "wrong";
}
