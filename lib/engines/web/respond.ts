/** Makes the Response that Deno.serve sends. */
import { type Field, responseFields } from "../../http/headers.ts";
import { BODILESS, bodyOf, type LocalReply } from "../../http/local_reply.ts";
import type { WebResponse } from "./forward.ts";
import type { WebRequest } from "./request.ts";
import { rawFields } from "./raw_fields.ts";
import { watchBody } from "./response_body.ts";
import { freeBuffer } from "./spent_buffer.ts";

/** A local reply as it can be sent: 205 becomes 204, as in {@linkcode forwardedResponse}. */
export function sendableReply(reply: LocalReply): LocalReply {
  return reply.status === 205 ? { ...reply, status: 204 } : reply;
}

/**
 * The Response for a local reply.
 *
 * Its body is given as bytes: a Response would make up a Content-Type for a text.
 *
 * @param closing whether it says `connection: close`
 */
export function localResponse(reply: LocalReply, closing: boolean): Response {
  const headers = [...reply.fields] as [string, string][];
  if (closing) headers.push(["connection", "close"]);
  const body = BODILESS.has(reply.status) ? null : bodyOf(reply);
  return new Response(body, { status: reply.status, headers });
}

/** What the balancer adds to a backend's answer. */
export interface Additions {
  /** Whether it says `connection: close`. */
  readonly closing: boolean;
  /** They tie the client to its backend, and to its side of a split; undefined if it needs none. */
  readonly cookies: readonly (string | undefined)[];
  /** The header changes of the route; undefined if there are none. */
  readonly changes: ((fields: Field[]) => Field[]) | undefined;
}

/**
 * The Response for a backend's answer.
 *
 * HEAD without Content-Length gets an empty stream as its body: for no body at all, Deno.serve would
 * announce a length of 0, although GET would send a chunked body.
 *
 * A 205 becomes a 204, unless the protocol or the method says where it ends: Deno.serve sends neither a
 * length nor a chunk with it, so that a client would wait for the end of the connection.
 *
 * It uses up the bytes of the answer: those of a large body are freed.
 *
 * @param request that it answers
 */
export function forwardedResponse(
  answer: WebResponse,
  { method, version }: Pick<WebRequest, "method" | "version">,
  { closing, cookies, changes }: Additions,
): Response {
  const { response, attempt, bytes } = answer;
  const { status } = response;
  const forwardable = responseFields(rawFields(response.headers), status);
  const headers = (changes?.(forwardable) ?? forwardable) as [string, string][];
  for (const cookie of cookies) if (cookie !== undefined) headers.push(["set-cookie", cookie]);
  if (closing) headers.push(["connection", "close"]);
  let body: BodyInit | null = bytes ?? (response.body && watchBody(response.body, attempt));
  if (method === "HEAD" && !BODILESS.has(status) && !response.headers.has("content-length")) {
    body = new ReadableStream({ start: (controller) => controller.close() });
  }
  const unframed = status === 205 && method !== "HEAD" && version !== "2";
  const forwarded = new Response(body, { status: unframed ? 204 : status, headers });
  if (bytes !== undefined) freeBuffer(bytes); // a Response has a copy
  return forwarded;
}
