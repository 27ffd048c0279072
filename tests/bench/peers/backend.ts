/**
 * The backends of the peers bench, in one process and as cheap as possible, to leave the CPU to the proxy and
 * the load: one read, one scan of the head and one write per request.
 *
 * Use: `deno run -A tests/bench/peers/backend.ts PORT ...`, one port for each backend. `/counts` on any of them
 * returns the totals of all of them, {@linkcode Counts} as JSON.
 */
import { bytesOf } from "../../../lib/engines/tcp/http1/bytes.ts";
import { isGone } from "../message_reader.ts";
import { HEALTH_PATH, WORKLOADS } from "./workloads.ts";

/** How many requests were received, by result; without probes. */
export interface Counts {
  /** Requests that were received as the client sent them. */
  right: number;
  /** Those of them without X-Forwarded-For. */
  unnamed: number;
  /** Requests with a changed body, an unknown target, or a head that is larger than the buffer. */
  wrong: number;
}

interface Route {
  /** The first bytes of the request, up to the version. */
  readonly begin: Uint8Array;
  readonly body: Uint8Array;
  readonly answer: Uint8Array;
  readonly isCounted: boolean;
}

const BUFFER_BYTES = 8 * 1024;
const FORWARDED_FOR = bytesOf("x-forwarded-for:");
const LINE_FEED = 10;
const LOWER_CASE_BIT = 0x20;

const counts: Counts = { right: 0, unnamed: 0, wrong: 0 };
const routes: readonly Route[] = [
  ...WORKLOADS.filter(({ isTls }) => !isTls).map(({ method, path, body, answer }) => ({
    begin: bytesOf(`${method} ${path} HTTP/1.`),
    body,
    answer: buildAnswer("200 OK", answer),
    isCounted: true,
  })),
  {
    begin: bytesOf(`GET ${HEALTH_PATH} HTTP/1.`),
    body: bytesOf(""),
    answer: buildAnswer("200 OK", bytesOf("healthy")),
    isCounted: false,
  },
];
const COUNTS = bytesOf("GET /counts HTTP/1.");
const WRONG = buildAnswer("500 Internal Server Error", bytesOf("wrong"));

for (const port of Deno.args.map(Number)) listen(Deno.listen({ hostname: "127.0.0.1", port }));

async function listen(listener: Deno.TcpListener): Promise<void> {
  for await (const connection of listener) {
    serve(connection).catch((error) => {
      if (!isGone(error)) throw error;
    });
  }
}

async function serve(connection: Deno.TcpConn): Promise<void> {
  using _ = connection;
  connection.setNoDelay(true);
  const buffer = new Uint8Array(BUFFER_BYTES);
  for (let filled = 0;;) {
    const size = await connection.read(filled === 0 ? buffer : buffer.subarray(filled));
    if (size === null) return;
    filled += size;
    const head = endOfHead(buffer, filled);
    const route = head === 0 ? undefined : routes.find(({ begin }) => isAt(buffer, 0, begin));
    if (head > 0 && filled < head + (route?.body.length ?? 0)) continue;
    if (head === 0 && filled < buffer.length) continue;
    const answer = route === undefined
      ? otherAnswer(buffer)
      : checkRequest(route, buffer, head, filled);
    filled = 0; // no client pipelines: the next request is sent after this response
    for (let sent = 0; sent < answer.length;) {
      sent += await connection.write(sent === 0 ? answer : answer.subarray(sent));
    }
    if (answer === WRONG) return;
  }
}

/** @returns where the head ends, or 0 if it is incomplete */
function endOfHead(buffer: Uint8Array, filled: number): number {
  for (let place = 3; place < filled; place++) {
    if (buffer[place] === LINE_FEED && buffer[place - 2] === LINE_FEED) return place + 1;
  }
  return 0;
}

function checkRequest(route: Route, buffer: Uint8Array, head: number, filled: number): Uint8Array {
  if (!route.isCounted) return route.answer;
  const { body } = route;
  if (filled !== head + body.length || !isAt(buffer, head, body)) {
    counts.wrong++;
    return WRONG;
  }
  counts.right++;
  if (!namesClient(buffer, head)) counts.unnamed++;
  return route.answer;
}

function otherAnswer(buffer: Uint8Array): Uint8Array {
  if (isAt(buffer, 0, COUNTS)) return buildAnswer("200 OK", bytesOf(JSON.stringify(counts)));
  counts.wrong++;
  return WRONG;
}

function namesClient(buffer: Uint8Array, head: number): boolean {
  for (let place = 0; place < head; place++) {
    if (buffer[place] === LINE_FEED && isFieldAt(buffer, place + 1)) return true;
  }
  return false;
}

function isFieldAt(buffer: Uint8Array, from: number): boolean {
  for (let place = 0; place < FORWARDED_FOR.length; place++) {
    if ((buffer[from + place]! | LOWER_CASE_BIT) !== FORWARDED_FOR[place]) return false;
  }
  return true;
}

function isAt(buffer: Uint8Array, from: number, bytes: Uint8Array): boolean {
  for (let place = 0; place < bytes.length; place++) {
    if (buffer[from + place] !== bytes[place]) return false;
  }
  return true;
}

function buildAnswer(status: string, body: Uint8Array): Uint8Array {
  const head = bytesOf(
    `HTTP/1.1 ${status}\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n`,
  );
  return new Uint8Array([...head, ...body]);
}
