/** Local replies as HTTP/1.1 messages (RFC 9112). */
import { STATUS_TEXT } from "@std/http/status";
import { httpDate } from "../../../http/date.ts";
import type { LocalReply } from "../../../http/local_reply.ts";
import { bytesOf } from "./bytes.ts";
import type { Persistence } from "./response_framing.ts";

/**
 * Formats a local reply, with Date.
 *
 * @param headOnly leaves out the body, for a reply to HEAD (RFC 9110, 9.3.2)
 */
export function localReplyBytes(
  { status, fields, body }: LocalReply,
  persistence: Persistence,
  headOnly: boolean,
): Uint8Array<ArrayBuffer> {
  const reason = (STATUS_TEXT as Record<number, string>)[status] ?? "";
  const lines = [`HTTP/1.1 ${status} ${reason}`];
  for (const [name, value] of fields) lines.push(`${name}: ${value}`);
  if (status !== 204) lines.push(`content-length: ${body.length}`);
  lines.push(`date: ${httpDate(Date.now())}`);
  if (persistence !== undefined) lines.push(`connection: ${persistence}`);
  return bytesOf(`${lines.join("\r\n")}\r\n\r\n${headOnly || status === 204 ? "" : body}`);
}
