/**
 * The load of the policy bench: an open loop, in which requests arrive by chance (a Poisson process) and
 * start when they are due, however many are still under way.
 */
import { ClientPool } from "../outages/client_pool.ts";
import { now, sleepUntil } from "../outages/load.ts";
import { exponential } from "./chance.ts";
import { ANSWER } from "./setup.ts";

const REQUEST = new TextEncoder().encode("GET / HTTP/1.1\r\nHost: bench.test\r\n\r\n");

export interface Plan {
  readonly port: number;
  /** When it begins and ends, in milliseconds of the epoch. */
  readonly begin: number;
  readonly end: number;
  /** Requests a second. */
  readonly rate: number;
  readonly random: () => number;
}

/** One request, and what came of it. */
export interface Sent {
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
export async function sendLoad({ port, begin, end, rate, random }: Plan): Promise<readonly Sent[]> {
  using pool = new ClientPool(port);
  const sent: Promise<Sent>[] = [];
  for (let due = begin; (due += exponential(1000 / rate, random)) < end;) {
    await sleepUntil(due);
    sent.push(send(pool, due));
  }
  return await Promise.all(sent);
}

async function send(pool: ClientPool, due: number): Promise<Sent> {
  const late = now() - due;
  const result = await pool.exchange(REQUEST, ANSWER);
  return { due, late, took: now() - due, result };
}
