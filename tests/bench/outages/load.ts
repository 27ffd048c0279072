/**
 * An open-loop load: requests start when they are due, however many are still under way, and are timed from when
 * they were due, so that an answer that keeps others waiting is paid for by all of them. Timers here are coarse: about a
 * millisecond of each time is their doing.
 */
import { buildAnswer } from "./behaviours.ts";
import { ClientPool } from "./client_pool.ts";
import { POST_LENGTH } from "./ledgers.ts";

/** Requests a second. */
export const RATE = 500;

export interface Plan {
  readonly port: number;
  readonly seconds: number;
  /** Each how manieth request is a POST; the others are GETs. */
  readonly postEvery?: number;
}

/** One request, and what came of it. */
export interface Sent {
  readonly method: "GET" | "POST";
  readonly entry: string;
  /** When it was due, in milliseconds of the epoch. */
  readonly due: number;
  /** By how much the load itself was late with it, in milliseconds: this process was busy. */
  readonly late: number;
  /** From when it was due to the end of its answer, in milliseconds. */
  readonly took: number;
  /** `RIGHT`, or what went wrong. */
  readonly result: string;
}

/** Resolves once each request has come to something. */
export async function sendLoad(
  { port, seconds, postEvery = Infinity }: Plan,
): Promise<readonly Sent[]> {
  using pool = new ClientPool(port);
  const startedAt = now();
  const sent: Promise<Sent>[] = [];
  for (let next = 0; next < seconds * RATE;) {
    const due = startedAt + next * 1000 / RATE;
    await sleepUntil(due);
    const method = next % postEvery === postEvery - 1 ? "POST" : "GET";
    sent.push(send(pool, method, String(next), due));
    next++;
  }
  return await Promise.all(sent);
}

async function send(
  pool: ClientPool,
  method: Sent["method"],
  entry: string,
  due: number,
): Promise<Sent> {
  const late = now() - due;
  const result = await pool.exchange(buildRequest(method, entry), buildAnswer(entry));
  return { method, entry, due, late, took: now() - due, result };
}

function buildRequest(method: Sent["method"], entry: string): Uint8Array<ArrayBuffer> {
  const head = `${method} /users HTTP/1.1\r\nHost: bench.test\r\nX-Entry: ${entry}\r\n`;
  const rest = method === "GET"
    ? "\r\n"
    : `Content-Length: ${POST_LENGTH}\r\n\r\n${"x".repeat(POST_LENGTH)}`;
  return new TextEncoder().encode(head + rest);
}

/** Milliseconds of the epoch, in fractions, and never back. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}

/** Returns at once if that time has passed, so that late requests catch up. */
export async function sleepUntil(time: number): Promise<void> {
  const wait = time - now();
  if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
}
