/**
 * A thousand quick reconnects against a balancer that may have 64 files open: does it live, and serve afterwards?
 *
 * Use: `ENGINE=tcp deno run -A tests/bench/reconnects.ts`; exits with 1 where the balancer has ended, or does not
 * answer 20 requests in a row with 200 within 5 s of the last connection's end. Up to 200 connections are open at a
 * time. Everything runs on loopback, as processes of its own.
 */
import { print } from "../../lib/logging/log.ts";
import { startSite } from "./counted_site.ts";
import { isGone, MessageReader } from "./message_reader.ts";

const DESCRIPTORS = 64;
const RECONNECTS = 1_000;
const OPEN = 200;
/** How long a client waits for its answer, and how long some stay when they have it, in milliseconds. */
const PATIENCE = 5_000;
const STAY = 200;
/** How long a client rests that could not connect: else all are spent in one moment of refusal. */
const REST = 50;
const IN_A_ROW = 20;
const RECOVERY = 5_000;
const ENGINE = Deno.env.get("ENGINE") ?? "web";
const REQUEST = new TextEncoder().encode("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");

/** How one connection ended: with a status, or how it failed. */
type End = string;
const NOT_CONNECTED: End = "not connected";

await using site = await startSite({ env: { ENGINE }, descriptors: DESCRIPTORS });
const { port, balancer } = site;
const quiet = balancer.stderr.length;
let status: number | undefined;
balancer.status().then((code) => status = code);
const startedAt = performance.now();
const ends = await reconnect();
const took = (performance.now() - startedAt) / 1000;
const servedAfter = await recover();
const alive = status === undefined ? "yes" : `NO, exit status ${status}`;
const served = servedAfter === undefined ? "NEVER" : `after ${servedAfter} ms`;
print(
  `ENGINE=${ENGINE}, ${DESCRIPTORS} descriptors, ${RECONNECTS} connections in ${
    took.toFixed(1)
  } s: ` +
    `${tally(ends).join(", ")}\n` +
    `  alive: ${alive}; ${IN_A_ROW} in a row answered 200: ${served}\n` +
    `  it says:\n${logLines(balancer.stderr.slice(quiet))}`,
);
Deno.exitCode = status === undefined && servedAfter !== undefined ? 0 : 1;

async function reconnect(): Promise<End[]> {
  const ends: End[] = [];
  let next = 0;
  const worker = async () => {
    while (next < RECONNECTS) {
      const index = next++;
      // One in four leaves at once; of the others every second one stays a while with its answer.
      const end = await visit({ leaves: index % 4 === 3, stays: index % 2 === 0 ? STAY : 0 });
      ends.push(end);
      if (end === NOT_CONNECTED) await new Promise((resolve) => setTimeout(resolve, REST));
    }
  };
  await Promise.all(Array.from({ length: OPEN }, worker));
  return ends;
}

/** One connection with one request. */
async function visit({ leaves = false, stays = 0 } = {}): Promise<End> {
  let connection: Deno.TcpConn;
  try {
    connection = await Deno.connect({ hostname: "127.0.0.1", port });
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused || isGone(error as Error)) {
      return NOT_CONNECTED;
    }
    throw error;
  }
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    connection.close();
  }, PATIENCE);
  try {
    await connection.write(REQUEST);
    if (leaves) return "left at once";
    const reader = new MessageReader(connection);
    const head = await reader.head();
    if (head === null) return "closed without an answer";
    await reader.body(head);
    clearTimeout(timer);
    if (stays > 0) await new Promise((resolve) => setTimeout(resolve, stays));
    return head.words[1]!;
  } catch (error) {
    if (!isGone(error)) throw error;
    return late ? `no answer in ${PATIENCE / 1000} s` : "reset";
  } finally {
    clearTimeout(timer);
    if (!late) connection.close();
  }
}

/** @returns after how many milliseconds the first of enough good answers in a row was asked for */
async function recover(): Promise<number | undefined> {
  const closedAt = performance.now();
  let row = 0;
  let since = closedAt;
  while (performance.now() < closedAt + RECOVERY) {
    if (row === 0) since = performance.now();
    row = await visit() === "200" ? row + 1 : 0;
    if (row === IN_A_ROW) return Math.round(since - closedAt);
    if (row === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return undefined;
}

/** How often each word comes. */
function tally(words: readonly string[]): string[] {
  const times = new Map<string, number>();
  for (const word of words) times.set(word, (times.get(word) ?? 0) + 1);
  return [...times].map(([word, count]) => `${count} × ${word}`);
}

/** Each line that was written, once, with how often it came; times and ports would keep them apart. */
function logLines(log: string): string {
  const lines = log.split("\n").filter((line) => line !== "");
  const warnings = tally(
    lines.map((line) => line.replace(/^\S+Z /, "").replaceAll(/(\d):\d{4,5}\b/g, "$1")),
  );
  return warnings.length === 0 ? "    NOTHING\n" : warnings.map((line) => `    ${line}\n`).join("");
}
