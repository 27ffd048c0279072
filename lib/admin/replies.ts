/** The replies of the admin port. No cache may store them: each is about this moment. */
import type { LocalReply } from "../http/local_reply.ts";

export type Field = readonly [name: string, value: string];

const COMMON: readonly Field[] = [
  ["cache-control", "no-store"],
  ["x-content-type-options", "nosniff"],
];

/** For people and for what probes: one line, or the text of the metrics. */
export function textReply(status: number, body: string, type = "text/plain"): LocalReply {
  return { status, fields: [["content-type", type], ...COMMON], body };
}

export function jsonReply(
  status: number,
  value: unknown,
  fields: readonly Field[] = [],
): LocalReply {
  return {
    status,
    fields: [["content-type", "application/json"], ...COMMON, ...fields],
    body: `${JSON.stringify(value)}\n`,
  };
}

/** A reply, and what is done once it has been sent. */
export interface ReplyFirst {
  readonly reply: LocalReply;
  readonly afterwards: () => void;
}

/**
 * @param error one sentence, without a period
 * @param more fields of the body, such as the names that exist
 */
export function errorReply(
  status: number,
  error: string,
  fields: readonly Field[] = [],
  more: Readonly<Record<string, unknown>> = {},
): LocalReply {
  return jsonReply(status, { error, ...more }, fields);
}
