/** The access log: one line for each request, with its client, its response and all attempts. */
import type { Attempt } from "../pool/attempt.ts";
import type { StopReason } from "../retry.ts";
import { escapeField, escapeText, escapeUnprintable } from "./escape.ts";
import { formatTime } from "./timestamp.ts";

export interface AccessEntry {
  /** When the request arrived. */
  readonly time: Date;
  /** Of the client, behind trusted proxies too. */
  readonly clientAddress: string;
  /** Of whoever connected: the client, or the last trusted proxy. */
  readonly peerAddress: string;
  readonly method: string;
  /** Path and query as received, except that all but visible ASCII is percent-encoded. */
  readonly path: string;
  /** What the client got; 499 if it left before it had it all, 0 if it was sent nothing. */
  readonly status: number;
  /** Bytes of the response's body that were sent. */
  readonly bytes: number;
  /** From the request's arrival until its response was sent, in milliseconds. */
  readonly milliseconds: number;
  /** X-Request-Id; undefined if there is none. */
  readonly requestId: string | undefined;
  /** The id of its route; undefined if there is only one, or if it has none. */
  readonly route?: string | undefined;
  /** The name of the pool that it was sent to; undefined if its route is. */
  readonly pool?: string | undefined;
  /** What the log shows beside all this, by name. */
  readonly fields?: Readonly<Record<string, string>>;
  readonly attempts: readonly Attempt<unknown>[];
  /** Why a failed request was not sent again; undefined if it was answered or refused. */
  readonly verdict?: StopReason | undefined;
  /** Why it was not forwarded at all. */
  readonly refused?: string | undefined;
  /** Why its response did not get through whole, if it did not and the engine noticed. */
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

/**
 * A line for people: `TIME CLIENT GET / 200 users-2:5000 3.1 ms 90 B ID (users-1:5000 dns_error)`. What
 * stands before the brackets is separated by single blanks.
 */
export function textLine(entry: AccessEntry): string {
  const { time, milliseconds, bytes, requestId } = entry;
  const client = escapeField(entry.clientAddress);
  const request = `${escapeField(entry.method)} ${escapeField(entry.path)}`;
  const response = `${formatStatus(entry.status)} ${answeredBy(entry) ?? "-"}`;
  const id = escapeField(requestId ?? "");
  let way = `${field("route", entry.route)}${field("pool", entry.pool)}`;
  for (const [name, value] of Object.entries(entry.fields ?? {})) way += field(name, value);
  const head = `${formatTime(time.getTime())} ${client} ${request} ${response}`;
  return `${head} ${milliseconds.toFixed(1)} ms ${bytes} B ${id}${way}${explain(entry)}`;
}

function field(name: string, value: string | undefined): string {
  return value === undefined ? "" : ` ${name}=${escapeField(value.replaceAll(" ", "_"))}`;
}

/** A line for programs. */
export function jsonLine(entry: AccessEntry): string {
  const { clientAddress, peerAddress, requestId, verdict, refused, broken } = entry;
  return escapeUnprintable(JSON.stringify({
    time: formatTime(entry.time.getTime()),
    client: clientAddress,
    ...(peerAddress !== clientAddress && { peer: peerAddress }),
    method: entry.method,
    path: entry.path,
    status: entry.status,
    ...(entry.route !== undefined && { route: entry.route }),
    ...(entry.pool !== undefined && { pool: entry.pool }),
    backend: answeredBy(entry) ?? null,
    bytes: entry.bytes,
    ms: Number(entry.milliseconds.toFixed(3)),
    request_id: requestId ?? null,
    ...entry.fields,
    attempts: entry.attempts.map(({ backend, outcome }, index) => ({
      backend: backend.id,
      ...(outcome.kind === "failed"
        ? { failure: outcome.failure, detail: outcome.detail }
        : isRetried(entry, index) && { status: outcome.status }),
    })),
    ...(verdict !== undefined && { verdict }),
    ...(refused !== undefined && { refused }),
    ...(broken !== undefined && { broken }),
  }));
}

/** A line of the demo: `GET / 200 (users-2 connection_refused) from users-3 in 1.4 ms`. */
export function demoLine(entry: AccessEntry, names: ReadonlyMap<string, string>): string {
  const parts = [
    escapeField(entry.method),
    escapeField(entry.path),
    formatStatus(entry.status),
    ...entry.attempts.map(({ backend, outcome }, index) => {
      const name = names.get(backend.id) ?? backend.id;
      if (outcome.kind === "failed") return `(${name} ${outcome.failure})`;
      return isRetried(entry, index) ? `(${name} ${outcome.status})` : `from ${name}`;
    }),
    `in ${entry.milliseconds.toFixed(1)} ms`,
  ];
  const reason = reasonOf(entry);
  return parts.join(" ") + (reason === undefined ? "" : `: ${escapeText(reason)}`);
}

/** Three digits always, as programs that read logs expect. */
function formatStatus(status: number): string {
  return status === 0 ? "000" : String(status);
}

function answeredBy({ attempts }: AccessEntry): string | undefined {
  const last = attempts.at(-1);
  return last?.outcome.kind === "answered" ? last.backend.id : undefined;
}

/** Why the client did not get a backend's whole answer; undefined if it did. */
function reasonOf(entry: AccessEntry): string | undefined {
  const { refused, broken, verdict } = entry;
  if (broken === undefined) return refused ?? verdict;
  return answeredBy(entry) === undefined ? broken : `cut short: ${broken}`;
}

/** Whether another attempt followed one that was answered: its status is one that is retried. */
function isRetried({ attempts }: AccessEntry, index: number): boolean {
  return index < attempts.length - 1;
}

/** All that went wrong, in brackets. */
function explain(entry: AccessEntry): string {
  const reason = reasonOf(entry);
  let reasons = "";
  for (const [index, { backend, outcome }] of entry.attempts.entries()) {
    if (outcome.kind === "failed") reasons += `, ${backend.id} ${outcome.failure}`;
    else if (isRetried(entry, index)) reasons += `, ${backend.id} ${outcome.status}`;
  }
  if (reason !== undefined) reasons += `, ${reason}`;
  return reasons === "" ? "" : ` (${escapeText(reasons.slice(2))})`;
}
