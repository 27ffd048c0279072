/** Asks one DNS server one question, once: by a datagram, and by TCP if the answer does not fit in one. */
import { plainMessage } from "../plain_message.ts";
import { isIP } from "../is_ip.ts";
import { writeAll } from "../write_all.ts";
import { Timed, type Wheel } from "../../time/timer_wheel.ts";
import type { DecodedMessage } from "./dns_packet.d.ts";
import type { Failure } from "./failure.ts";
import { decodeAnswer, encodeQuestion } from "./message.ts";
import type { DnsServer, Question } from "./question.ts";

export interface AskOptions {
  readonly wheel: Wheel;
  /** For an answer by a datagram, and again for one by TCP, in milliseconds. */
  readonly timeoutMs: number;
  /** Ends the wait. */
  readonly signal: AbortSignal;
}

/** A message that answers the question, or why there is none. */
export type Asked = { readonly message: DecodedMessage } | Pick<Failure, "kind" | "detail">;

/** Larger datagrams are cut, and then are no valid messages; we ask for less. */
const BUFFER_BYTES = 4096;

const GARBAGE = { kind: "garbage", detail: "" } as const;

/** @throws the signal's reason */
export async function ask(
  question: Question,
  server: DnsServer,
  options: AskOptions,
): Promise<Asked> {
  const asked = await askBy(askByDatagram, question, server, options);
  if (!("message" in asked) || !asked.message.flag_tc) return asked;
  return await askBy(askByTcp, question, server, options);
}

type Transport = (question: Question, server: DnsServer, attempt: Attempt) => Promise<Asked>;

async function askBy(
  transport: Transport,
  question: Question,
  server: DnsServer,
  { wheel, timeoutMs, signal }: AskOptions,
): Promise<Asked> {
  signal.throwIfAborted();
  const attempt = new Attempt();
  const abort = () => attempt.end();
  signal.addEventListener("abort", abort);
  wheel.set(attempt, timeoutMs);
  try {
    return await transport(question, server, attempt);
  } catch (error) {
    signal.throwIfAborted();
    if (attempt.isOver) return attempt.gotGarbage ? GARBAGE : { kind: "silence", detail: "" };
    return { kind: "not_asked", detail: plainMessage(error) };
  } finally {
    wheel.remove(attempt);
    signal.removeEventListener("abort", abort);
    attempt.end();
  }
}

/** Closes what it has when its time is over: whoever waits for that gets an error. */
class Attempt extends Timed {
  isOver = false;
  gotGarbage = false;
  readonly ended = new AbortController();
  #open: Disposable | undefined;

  /** Takes over what was opened, unless the time is over already. */
  keep<Opened extends Disposable>(opened: Opened): Opened {
    this.#open = opened;
    if (this.isOver) this.end();
    return opened;
  }

  end(): void {
    this.isOver = true;
    this.ended.abort();
    this.#open?.[Symbol.dispose]();
    this.#open = undefined;
  }

  override expire(): void {
    this.end();
  }
}

/**
 * From a port of its own, which the system chooses, so that whoever cannot see the question must guess both
 * port and id to have an answer accepted (RFC 5452).
 */
async function askByDatagram(
  question: Question,
  server: DnsServer,
  attempt: Attempt,
): Promise<Asked> {
  const id = randomId();
  const version = isIP(server.hostname);
  const socket = Deno.listenDatagram({
    transport: "udp",
    hostname: version === 6 ? "::" : "0.0.0.0",
    port: 0,
  });
  attempt.keep({ [Symbol.dispose]: () => socket.close() });
  await socket.send(encodeQuestion(question, id), { transport: "udp", ...server });
  const buffer = new Uint8Array(BUFFER_BYTES);
  while (true) {
    const [bytes, from] = await socket.receive(buffer);
    if (!isFrom(server, from)) continue;
    const message = decodeAnswer(bytes, question, id);
    if (message !== undefined) return { message };
    attempt.gotGarbage = true; // the answer may still come
  }
}

function isFrom({ hostname, port }: DnsServer, from: Deno.Addr): boolean {
  return from.transport === "udp" && from.port === port &&
    canonicalHost(from.hostname) === canonicalHost(hostname);
}

/** An address in the spelling of URLs. */
function canonicalHost(address: string): string {
  return isIP(address) === 6 ? new URL(`http://[${address}]`).hostname : address;
}

/** RFC 7766: two bytes of length before each message. */
async function askByTcp(
  question: Question,
  server: DnsServer,
  attempt: Attempt,
): Promise<Asked> {
  const id = randomId();
  const { signal } = attempt.ended;
  const connection = attempt.keep(await Deno.connect({ ...server, signal }));
  const message = encodeQuestion(question, id);
  const framed = new Uint8Array(2 + message.length);
  new DataView(framed.buffer).setUint16(0, message.length);
  framed.set(message, 2);
  await writeAll(connection, framed);
  const length = await readExactly(connection, 2);
  if (length === undefined) return GARBAGE;
  const bytes = await readExactly(connection, new DataView(length.buffer).getUint16(0));
  const answer = bytes && decodeAnswer(bytes, question, id);
  return answer === undefined ? GARBAGE : { message: answer };
}

/** @returns undefined if the connection ends before */
async function readExactly(
  connection: Deno.Conn,
  length: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const bytes = new Uint8Array(length);
  for (let read = 0; read < length;) {
    const more = await connection.read(bytes.subarray(read));
    if (more === null) return undefined;
    read += more;
  }
  return bytes;
}

function randomId(): number {
  return crypto.getRandomValues(new Uint16Array(1))[0]!;
}
