/** Local replies as HTTP/1.1 messages (RFC 9112). */
import { STATUS_TEXT } from "@std/http/status";
import { httpDate } from "../../../http/date.ts";
import { bodyOf, type LocalReply } from "../../../http/local_reply.ts";
import { bytesOf } from "./bytes.ts";
import type { Persistence } from "./response_framing.ts";

/** Statuses without a body, and so without a length (RFC 9110, 8.6). */
const BODILESS = new Set([204, 304]);
const EMPTY = new Uint8Array();

/**
 * Formats a local reply, with Date.
 *
 * @param headOnly leaves out the body, for a reply to HEAD (RFC 9110, 9.3.2)
 */
export function localReplyBytes(
  reply: LocalReply,
  persistence: Persistence,
  headOnly: boolean,
): Uint8Array<ArrayBuffer> {
  const { status, fields } = reply;
  const hasNoBody = BODILESS.has(status);
  const body = hasNoBody ? EMPTY : bodyOf(reply);
  const reason = (STATUS_TEXT as Record<number, string>)[status] ?? "";
  const lines = [`HTTP/1.1 ${status} ${reason}`];
  for (const [name, value] of fields) lines.push(`${name}: ${value}`);
  if (!hasNoBody) lines.push(`content-length: ${body.length}`);
  lines.push(`date: ${httpDate(Date.now())}`);
  if (persistence !== undefined) lines.push(`connection: ${persistence}`);
  const head = bytesOf(`${lines.join("\r\n")}\r\n\r\n`);
  if (headOnly || body.length === 0) return head;
  const bytes = new Uint8Array(head.length + body.length);
  bytes.set(head);
  bytes.set(body, head.length);
  return bytes;
}
