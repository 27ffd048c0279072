/** HTTP Strict Transport Security (RFC 6797): browsers are told to use https only. */
import type { LocalReply } from "./local_reply.ts";

export const HSTS = "strict-transport-security";

/** @param seconds how long they are to */
export function hstsValue(seconds: number): string {
  return `max-age=${seconds}`;
}

/** A local reply that tells so, unless a route says something else. @param value undefined if it is not to */
export function withHsts(reply: LocalReply, value: string | undefined): LocalReply {
  if (value === undefined || reply.fields.some(([name]) => name === HSTS)) return reply;
  return { ...reply, fields: [...reply.fields, [HSTS, value]] };
}
