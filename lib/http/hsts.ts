/** HTTP Strict Transport Security (RFC 6797): browsers are told to use https only. */
import type { LocalReply } from "./local_reply.ts";

export const HSTS = "strict-transport-security";

/** @param seconds how long they are to */
export function hstsValue(seconds: number): string {
  return `max-age=${seconds}`;
}

/** What a listener says, unless a route says something else. @param value undefined if it says nothing */
export function hstsBeside(
  value: string | undefined,
  changes: { readonly adds: (name: string) => boolean } | undefined,
): string | undefined {
  return value === undefined || changes?.adds(HSTS) ? undefined : value;
}

/** A local reply that tells so, unless a route says something else. @param value undefined if it is not to */
export function withHsts(reply: LocalReply, value: string | undefined): LocalReply {
  if (value === undefined || reply.fields.some(([name]) => name === HSTS)) return reply;
  return { ...reply, fields: [...reply.fields, [HSTS, value]] };
}
