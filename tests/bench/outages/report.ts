/** The result of a run, as a row of the table and the notes below it. */
import type { Fault } from "./faults.ts";
import { RIGHT } from "./client_pool.ts";
import { busiestSecond, deliveredTwice, type Delivery, perSecond } from "./ledgers.ts";
import type { Sent } from "./load.ts";

/** All there is to know about one run. */
export interface Run {
  readonly kind: string;
  readonly fault: Fault;
  readonly sent: readonly Sent[];
  /** Per backend; the first is the one that failed. */
  readonly ledgers: readonly (readonly Delivery[])[];
  /** When the failure began and when its backend was back, in milliseconds of the epoch. */
  readonly failedAt: number;
  readonly backAt: number;
}

/** How late the load may start a request before its figures are doubted, in milliseconds. */
const DOUBT = 50;

const COLUMNS: readonly (readonly [string, number])[] = [
  ["one of three", 12],
  ["GETs", 6],
  ["failed", 7],
  ["p50 ms", 8],
  ["p99 ms", 8],
  ["max ms", 8],
  ["POSTs", 6],
  ["failed", 7],
  ["twice", 6],
  ["received, first the failing", 29],
  ["most in 1 s", 12],
];

export const HEADER = line(COLUMNS.map(([title]) => title));

export function formatRow({ kind, sent, ledgers, failedAt }: Run): string {
  const gets = sent.filter(({ method }) => method === "GET");
  const posts = sent.filter(({ method }) => method === "POST");
  const times = gets.filter(({ due }) => due >= failedAt).map(({ took }) => took);
  return line([
    kind,
    gets.length,
    failed(gets).length,
    ...quantiles(times, [0.5, 0.99, 1]),
    posts.length,
    failed(posts).length,
    deliveredTwice(ledgers),
    ledgers.map(({ length }) => length).join(" / "),
    busiestSecond(ledgers, sent[0]!.due, findEnd(sent)),
  ]);
}

/** What does not fit into a row, one line each. */
export function listNotes(run: Run): string[] {
  const { kind, fault, sent } = run;
  const notes = (["GET", "POST"] as const).flatMap((asked) =>
    countResults(failed(sent.filter(({ method }) => method === asked)))
      .map(([result, times]) => `${times} × ${asked}: ${result}`)
  );
  if (fault.returns) {
    notes.push(`share per second after its return: ${computeShares(run).join(" ")} %`);
  }
  const late = Math.max(...sent.map(({ late }) => late));
  if (late > DOUBT) notes.push(`the load itself was late by up to ${late.toFixed(0)} ms`);
  return notes.map((note) => `${kind}: ${note}`);
}

/** Whether the run kept what the balancer promises. */
export function isSound({ fault: { tolerated }, sent, ledgers }: Run): boolean {
  const gets = sent.filter(({ method }) => method === "GET");
  const bad = failed(gets);
  const allowed = bad.filter(({ result }) => tolerated?.result.test(result));
  return deliveredTwice(ledgers) === 0 && bad.length === allowed.length &&
    allowed.length <= gets.length * (tolerated?.share ?? 0);
}

/** How often each result came, the most frequent first. */
export function countResults(sent: readonly Sent[]): [string, number][] {
  const times = new Map<string, number>();
  for (const { result } of sent) times.set(result, (times.get(result) ?? 0) + 1);
  return [...times].sort(([, a], [, b]) => b - a);
}

/** In milliseconds, with one digit behind the point. @param at shares, 1 for the largest */
export function quantiles(times: readonly number[], at: readonly number[]): string[] {
  const sorted = times.toSorted((a, b) => a - b);
  return at.map((share) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!.toFixed(1)
  );
}

/** What part of all requests the failing backend received in each second since it was back, in percent. */
function computeShares({ sent, ledgers, backAt }: Run): number[] {
  const until = findEnd(sent);
  const [own, all] = [ledgers[0]!, ledgers.flat()].map((ledger) =>
    perSecond(ledger.map(({ at }) => at), backAt, until)
  );
  return own!.map((count, second) => Math.round(100 * count / Math.max(1, all![second]!)));
}

function failed(sent: readonly Sent[]): readonly Sent[] {
  return sent.filter(({ result }) => result !== RIGHT);
}

function findEnd(sent: readonly Sent[]): number {
  return sent.at(-1)!.due;
}

function line(cells: readonly (string | number)[]): string {
  return cells.map((cell, index) => {
    const width = COLUMNS[index]![1];
    return index === 0 ? String(cell).padEnd(width) : String(cell).padStart(width);
  }).join("");
}
