/** What arrived at the backends, read from what they wrote down. */

/** The body of each POST. */
export const POST_LENGTH = 1024;

/** One request that arrived whole at one backend. */
export interface Delivery {
  /** When, in milliseconds of the epoch. */
  readonly at: number;
  readonly method: string;
  readonly entry: string;
}

export async function readLedger(path: string): Promise<Delivery[]> {
  const lines = (await Deno.readTextFile(path)).split("\n").slice(0, -1);
  return lines.map(readLine).filter(({ entry }) => entry !== "-"); // without the balancer's own probes
}

function readLine(line: string): Delivery {
  const [at, method = "", entry = "", length] = line.split(" ");
  const expected = method === "POST" ? POST_LENGTH : 0;
  if (Number(length) !== expected) throw new Error(`A ${method} with a body of ${length} bytes`);
  return { at: Number(at), method, entry };
}

/** How many POSTs were carried out more than once, by whichever backends. */
export function deliveredTwice(ledgers: readonly (readonly Delivery[])[]): number {
  const times = new Map<string, number>();
  for (const { method, entry } of ledgers.flat()) {
    if (method === "POST") times.set(entry, (times.get(entry) ?? 0) + 1);
  }
  return [...times.values()].filter((count) => count > 1).length;
}

/** How many of these moments fall into each second from then on, the last one perhaps a part of one. */
export function perSecond(moments: readonly number[], from: number, until: number): number[] {
  const seconds: number[] = Array(Math.ceil((until - from) / 1000)).fill(0);
  for (const moment of moments) {
    if (moment >= from && moment < until) seconds[Math.floor((moment - from) / 1000)]!++;
  }
  return seconds;
}

/** The most that any one backend received within a second. */
export function busiestSecond(
  ledgers: readonly (readonly Delivery[])[],
  from: number,
  until: number,
): number {
  const counts = ledgers.flatMap((ledger) => perSecond(ledger.map(({ at }) => at), from, until));
  return Math.max(...counts);
}
