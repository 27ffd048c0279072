/**
 * Quick requests at a steady rate, half of them on connections that are kept and half on a new one each, and what
 * became of every one: the load under which a balancer is stopped.
 */
import { type Head, isGone, MessageReader, type Open, openerOf } from "./message_reader.ts";

/** A request that was written whole on a connection that had been made. */
export interface Sent {
  readonly at: number;
  /** Whether it was the first on its connection. */
  readonly first: boolean;
  /** Cut: nothing came back. Cut short: an answer began and did not end. */
  readonly end: "answered" | "cut" | "cut short";
  readonly status: string | undefined;
  /** Whether the answer said `connection: close`. */
  readonly closes: boolean;
}

const KEPT = 20;
const RATE = 300;
/** The backend takes its time, so that some are in flight at any moment. */
const REQUEST = new TextEncoder().encode("GET /?after=30 HTTP/1.1\r\nHost: a.test\r\n\r\n");

export class DrainLoad {
  readonly sent: Sent[] = [];
  /** Connections that could not be made. */
  refused = 0;
  /** Kept connections that were closed while nothing was asked on them: no request is harmed. */
  closedIdle = 0;
  readonly #open: Open;
  /** Each half's time between two requests, in milliseconds. */
  readonly #apart: number;
  readonly #startedAt = performance.now();
  readonly #working: Promise<unknown>;
  #stopped = false;

  /** @param to a port, or what opens a connection @param rate requests a second */
  constructor(to: number | Open, rate = RATE) {
    this.#open = openerOf(to);
    this.#apart = 2_000 / rate;
    this.#working = Promise.all([
      this.#onNewConnections(),
      ...Array.from({ length: KEPT }, (_, index) => this.#onKeptConnection(index)),
    ]);
  }

  /** Sends no more; resolves once all is answered or cut. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#working;
  }

  async #onNewConnections(): Promise<void> {
    const sending: Promise<void>[] = [];
    for (let count = 0; await this.#due(count); count++) sending.push(this.#once());
    await Promise.all(sending);
  }

  async #once(): Promise<void> {
    using client = await this.#connect();
    if (client !== undefined) await this.#ask(client);
  }

  async #onKeptConnection(index: number): Promise<void> {
    let client: Client | undefined;
    for (let count = index; await this.#due(count); count += KEPT) {
      if (client?.state === "closed") this.closedIdle++;
      if (client?.state !== "open") client = await this.#connect();
      if (client !== undefined) await this.#ask(client);
    }
    client?.[Symbol.dispose]();
  }

  /** Waits for the time of a half's request of that number. @returns whether to go on */
  async #due(count: number): Promise<boolean> {
    const wait = this.#startedAt + count * this.#apart - performance.now();
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, wait)));
    return !this.#stopped;
  }

  async #connect(): Promise<Client | undefined> {
    try {
      return new Client(await this.#open());
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionRefused) && !isGone(error)) throw error;
      this.refused++;
      return undefined;
    }
  }

  async #ask(client: Client): Promise<void> {
    const asked = await client.ask(REQUEST);
    if (asked === undefined) this.closedIdle++;
    else this.sent.push(asked);
  }
}

type Answer = Pick<Sent, "end" | "status" | "closes">;

/** A connection on which a read is always under way, as in any sound client: one closed is not used. */
class Client implements Disposable {
  /** Closed: by the other side, with nothing asked. Over: by what its last answer said or was. */
  state: "open" | "closed" | "over" = "open";
  readonly #connection: Deno.Conn;
  readonly #reader: MessageReader;
  #asking = false;
  #first = true;
  #next: Promise<Answer>;

  constructor(connection: Deno.Conn) {
    this.#connection = connection;
    this.#reader = new MessageReader(connection);
    this.#next = this.#answer();
  }

  /** @returns nothing where the request could not be written: then it was not sent */
  async ask(request: Uint8Array): Promise<Sent | undefined> {
    this.#asking = true;
    try {
      await this.#connection.write(request);
    } catch (error) {
      if (!isGone(error)) throw error;
      this.#end("over");
      return undefined;
    }
    const at = performance.now();
    const first = this.#first;
    this.#first = false;
    const answer = await this.#next;
    this.#asking = false;
    if (answer.end === "answered" && !answer.closes) this.#next = this.#answer();
    else this.#end("over");
    return { at, first, ...answer };
  }

  [Symbol.dispose](): void {
    if (this.state === "open") this.#end("over");
  }

  #end(state: "closed" | "over"): void {
    this.state = state;
    this.#connection.close();
  }

  async #answer(): Promise<Answer> {
    let head: Head | null = null;
    const said = (end: Answer["end"]): Answer => ({
      end,
      status: head?.words[1],
      closes: head?.fields.get("connection")?.toLowerCase() === "close",
    });
    try {
      head = await this.#reader.head();
      if (head !== null) await this.#reader.body(head);
      if (head !== null) return said("answered");
    } catch (error) {
      if (!isGone(error)) throw error;
    }
    if (!this.#asking && this.state === "open") this.#end("closed");
    return said(head === null ? "cut" : "cut short");
  }
}
