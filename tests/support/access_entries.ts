/** Reads the access log of a balancer, for tests. */
import type { AccessEntry } from "../../lib/logging/access_log.ts";
import type { TestBalancer } from "./balancer.ts";
import { pause } from "./timing.ts";

/** The first entry, once it is there. */
export async function firstEntry({ entries }: TestBalancer): Promise<AccessEntry> {
  while (entries.length === 0) await pause(2);
  return entries[0]!;
}

/** An entry with its attempts by their outcomes, and without its times and random id. */
export function summarize(
  { time: _, milliseconds: __, requestId, attempts, ...entry }: AccessEntry,
) {
  const outcomes = attempts.map(({ outcome }) =>
    outcome.kind === "answered" ? outcome.status : outcome.failure
  );
  return { ...entry, hasId: requestId !== undefined, outcomes };
}

/** The request of most tests. */
export const GET = "GET /v?x HTTP/1.1\r\nHost: a.test\r\n\r\n";

/** What entries of it have in common. */
export const COMMON = {
  clientAddress: "127.0.0.1",
  peerAddress: "127.0.0.1",
  method: "GET",
  path: "/v?x",
  verdict: undefined,
  broken: undefined,
  hasId: true,
};
