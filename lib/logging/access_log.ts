/** The access log: one line for each request, with its client, its response and all attempts. */
import type { Attempt } from "../pool/attempt.ts";
import type { StopReason } from "../retry.ts";

export interface AccessEntry {
  /** When the request arrived. */
  readonly time: Date;
  readonly clientAddress: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** From the request's arrival until its response was sent, in milliseconds. */
  readonly milliseconds: number;
  readonly attempts: readonly Attempt<unknown>[];
  /** Why a failed request was not sent again; undefined if it was answered or refused. */
  readonly verdict?: StopReason | undefined;
  /** Why it was not forwarded at all. */
  readonly refused?: string | undefined;
  /** Why its response was cut short, if it was and the engine noticed. */
  readonly broken?: string | undefined;
}

/** How lines are written: as text, as JSON, or as the demo shows them, with a name for each backend's id. */
export type LineFormat = "text" | "json" | { readonly names: ReadonlyMap<string, string> };

/** The names that a format has for backends, by their ids. */
export function namesIn(format: LineFormat | undefined): ReadonlyMap<string, string> | undefined {
  return typeof format === "object" ? format.names : undefined;
}

export function lineFormatter(format: LineFormat): (entry: AccessEntry) => string {
  if (format === "text") return textLine;
  if (format === "json") return jsonLine;
  return (entry) => demoLine(entry, format.names);
}

/** A line for people: time, client, `GET / 200 users-2:5000 3.1 ms (users-1:5000 dns_error)`. */
export function textLine(entry: AccessEntry): string {
  const { time, clientAddress, method, path, status, milliseconds } = entry;
  const backend = answeredBy(entry) ?? "-";
  const head = `${time.toISOString()} ${clientAddress} ${method} ${path} ${status} ${backend}`;
  return `${head} ${milliseconds.toFixed(1)} ms${reasons(entry)}`;
}

/** A line for programs. */
export function jsonLine(entry: AccessEntry): string {
  const { time, clientAddress, method, path, status, milliseconds, verdict, refused } = entry;
  return JSON.stringify({
    time: time.toISOString(),
    client: clientAddress,
    method,
    path,
    status,
    backend: answeredBy(entry) ?? null,
    ms: Number(milliseconds.toFixed(3)),
    attempts: entry.attempts.map(({ backend, outcome }) => ({
      backend: backend.id,
      ...(outcome.kind === "failed" && { failure: outcome.failure, detail: outcome.detail }),
    })),
    ...(verdict !== undefined && { verdict }),
    ...(refused !== undefined && { refused }),
    ...(entry.broken !== undefined && { broken: entry.broken }),
  });
}

/** A line of the demo: `GET / 200 from users-3 in 1.4 ms (users-2 connection_refused)`. */
export function demoLine(entry: AccessEntry, names: ReadonlyMap<string, string>): string {
  const attempts = entry.attempts.map(({ backend, outcome }) => {
    const name = names.get(backend.id) ?? backend.id;
    return outcome.kind === "answered" ? `from ${name}` : `(${name} ${outcome.failure})`;
  });
  const { method, path, status, milliseconds } = entry;
  return `${method} ${path} ${status} ${attempts.join(" ")} in ${milliseconds.toFixed(1)} ms`;
}

function answeredBy({ attempts }: AccessEntry): string | undefined {
  const last = attempts.at(-1);
  return last?.outcome.kind === "answered" ? last.backend.id : undefined;
}

function reasons({ attempts, verdict, refused, broken }: AccessEntry): string {
  if (refused !== undefined) return ` (${refused})`;
  const failures = attempts.flatMap(({ backend, outcome }) =>
    outcome.kind === "failed" ? [`${backend.id} ${outcome.failure}`] : []
  );
  if (verdict !== undefined) failures.push(verdict);
  if (broken !== undefined) failures.push(`cut short: ${broken}`);
  return failures.length === 0 ? "" : ` (${failures.join(", ")})`;
}
