/** A DNS server on loopback that answers what a test wants, by UDP and by TCP on the same port. */
// @ts-types="../../lib/net/resolver/dns_packet.d.ts"
import dnsPacket, { type ResourceRecord } from "dns-packet";
import { decodeMessage } from "../../lib/net/resolver/message.ts";
import type { DnsServer } from "../../lib/net/resolver/question.ts";

const RCODES: Readonly<Record<string, number>> = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
};

export interface Asked {
  readonly id: number;
  /** As it was asked: `A users.example`. */
  readonly question: string;
  readonly name: string;
  readonly type: string;
  readonly transport: "udp" | "tcp";
  /** The port that it came from. */
  readonly port: number;
  readonly bytes: Uint8Array;
}

/** What it sends: whole messages, one after the other; nothing is silence. */
export type Answers = Uint8Array | readonly Uint8Array[] | undefined;
export type Script = (asked: Asked) => Answers | Promise<Answers>;

export interface ReplyOptions {
  readonly rcode?: string;
  readonly records?: readonly ResourceRecord[];
  readonly isTruncated?: boolean;
  readonly id?: number;
  /** The name of the question that it repeats. */
  readonly name?: string;
  readonly type?: string;
  /** Whether it is a query instead. */
  readonly isQuery?: boolean;
}

/** A well-formed answer, but for what a test wants otherwise. */
export function reply(asked: Asked, options: ReplyOptions = {}): Uint8Array {
  const { rcode = "NOERROR", records = [], isTruncated = false, id = asked.id } = options;
  return dnsPacket.encode({
    id,
    type: options.isQuery ? "query" : "response",
    flags: RCODES[rcode]! | (isTruncated ? dnsPacket.TRUNCATED_RESPONSE : 0),
    questions: [{ name: options.name ?? asked.name, type: options.type ?? asked.type }],
    answers: records,
  });
}

export const record = (type: string, name: string, data: unknown, ttl = 60): ResourceRecord => ({
  type,
  name,
  data,
  ttl,
});

/** `{ "A users": ["10.0.0.1"] }`: the data of the records for a question. */
export type Zone = Record<string, readonly unknown[]>;

/** Answers as a zone says; a name that it has nowhere does not exist. */
export function answersOf(zone: Zone, ttl = 60): Script {
  return (asked) => {
    const names = Object.keys(zone).map((key) => key.split(" ")[1]);
    if (!names.includes(asked.name)) return reply(asked, { rcode: "NXDOMAIN" });
    const data = zone[asked.question] ?? [];
    return reply(asked, {
      records: data.map((item) => record(asked.type, asked.name, item, ttl)),
    });
  };
}

export class FakeDnsServer implements AsyncDisposable {
  readonly address: DnsServer;
  /** How it answers; a test may change it at any time. */
  script: Script;
  readonly asked: Asked[] = [];
  /** How many questions are done with, answered or not. */
  handled = 0;
  readonly #datagrams: Deno.DatagramConn;
  readonly #listener: Deno.TcpListener;
  readonly #connections = new Set<Deno.Conn>();
  readonly #serving: Promise<unknown>;

  private constructor(
    script: Script,
    datagrams: Deno.DatagramConn,
    listener: Deno.TcpListener,
    hostname: string,
  ) {
    this.script = script;
    this.#datagrams = datagrams;
    this.#listener = listener;
    this.address = { hostname, port: listener.addr.port };
    this.#serving = Promise.all([this.#serveDatagrams(), this.#serveConnections()]);
  }

  static start(script: Script, hostname = "127.0.0.1"): FakeDnsServer {
    while (true) {
      const listener = Deno.listen({ hostname, port: 0 });
      const { port } = listener.addr;
      try {
        const datagrams = Deno.listenDatagram({ transport: "udp", hostname, port });
        return new FakeDnsServer(script, datagrams, listener, hostname);
      } catch (error) {
        listener.close();
        if (!(error instanceof Deno.errors.AddrInUse)) throw error;
      }
    }
  }

  /** The questions so far, in the order of their arrival. */
  get questions(): readonly string[] {
    return this.asked.map(({ question }) => question);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#datagrams.close();
    this.#listener.close();
    for (const connection of this.#connections) connection.close();
    await this.#serving;
  }

  async #serveDatagrams(): Promise<void> {
    const answering: Promise<void>[] = [];
    for await (const [bytes, from] of this.#datagrams) {
      const { port } = from as Deno.NetAddr;
      answering.push(this.#answer(bytes.slice(), "udp", port, async (message) => {
        await this.#datagrams.send(message, from).catch(() => 0); // it may be closed by now
      }));
    }
    await Promise.all(answering);
  }

  async #serveConnections(): Promise<void> {
    const serving: Promise<void>[] = [];
    for await (const connection of this.#listener) serving.push(this.#serve(connection));
    await Promise.all(serving);
  }

  async #serve(connection: Deno.Conn): Promise<void> {
    this.#connections.add(connection);
    try {
      const buffer = new Uint8Array(1024);
      const length = await connection.read(buffer) ?? 0;
      const { port } = connection.remoteAddr as Deno.NetAddr;
      await this.#answer(buffer.slice(2, length), "tcp", port, async (message) => {
        const framed = new Uint8Array(2 + message.length);
        new DataView(framed.buffer).setUint16(0, message.length);
        framed.set(message, 2);
        for (let sent = 0; sent < framed.length;) {
          sent += await connection.write(framed.subarray(sent));
        }
      });
    } catch {
      // The client is gone, or the test is over.
    } finally {
      if (this.#connections.delete(connection)) connection.close();
    }
  }

  async #answer(
    bytes: Uint8Array,
    transport: "udp" | "tcp",
    port: number,
    send: (message: Uint8Array) => Promise<void>,
  ): Promise<void> {
    const { id, questions } = decodeMessage(bytes)!;
    const { name, type } = questions[0]!;
    const asked = { id, name, type, question: `${type} ${name}`, transport, port, bytes };
    this.asked.push(asked);
    const answers = await this.script(asked);
    for (const message of answers instanceof Uint8Array ? [answers] : answers ?? []) {
      await send(message);
    }
    this.handled++;
  }
}
