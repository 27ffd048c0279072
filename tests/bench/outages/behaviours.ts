/** The ways in which a backend of the outage bench treats a request that has arrived whole. */
import type { Socket } from "node:net";

export type Behaviour = (socket: Socket, entry: string) => void | Promise<void>;

/** How long a slow backend takes for a request, and for how many it does so at a time. */
const SLOW_MS = 300;
const SLOW_PARALLEL = 5;

/** What a client must get for its entry, so that a mixed-up answer is seen as well as a missing one. */
export function buildAnswer(entry: string): string {
  return `written down ${entry}\n`;
}

/** A few requests at a time, each for a while; the others wait for their turn. */
class Queue {
  /** Whether it waits before it answers; if not, all waiting requests are answered at once. */
  slow = false;
  readonly #lanes: Promise<void>[] = Array(SLOW_PARALLEL).fill(Promise.resolve());
  #next = 0;

  turn(): Promise<void> {
    const lane = this.#next++ % SLOW_PARALLEL; // all take equally long: the next lane is the first free
    return this.#lanes[lane] = this.#lanes[lane]!.then(() => this.#while());
  }

  async #while(): Promise<void> {
    if (this.slow) await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
  }
}

export const queue = new Queue();

export const BEHAVIOURS = {
  serve: (socket, entry) => respond(socket, "200 OK", buildAnswer(entry)),
  /** A reset (RST), where `close` is the orderly end (FIN). */
  reset: (socket) => {
    socket.resetAndDestroy();
  },
  close: (socket) => {
    socket.destroy();
  },
  /** An answer all right, of a program that is out of order. */
  500: (socket) => respond(socket, "500 Internal Server Error", "out of order\n"),
  garbage: (socket) => {
    socket.end("this is not HTTP\r\n\r\n");
  },
  half: (socket) => {
    socket.end(`HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n${"x".repeat(500)}`);
  },
  slow: async (socket, entry) => {
    await queue.turn();
    respond(socket, "200 OK", buildAnswer(entry));
  },
} satisfies Record<string, Behaviour>;

export type BehaviourName = `${keyof typeof BEHAVIOURS}`;

function respond(socket: Socket, status: string, body: string): void {
  if (!socket.writable) return; // the balancer did not wait for it
  socket.write(
    `HTTP/1.1 ${status}\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
}
