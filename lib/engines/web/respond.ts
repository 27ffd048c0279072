/** Makes the Response that Deno.serve sends. */
import { type Field, responseFields } from "../../http/headers.ts";
import { HSTS, withHsts } from "../../http/hsts.ts";
import { BODILESS, bodyOf, type LocalReply } from "../../http/local_reply.ts";
import type { WebResponse } from "./web_response.ts";
import type { WebRequest } from "./request.ts";
import { rawFields } from "./raw_fields.ts";
import { watchBody } from "./response_body.ts";
import { freeBuffer } from "./spent_buffer.ts";

/** The listener, as far as responses depend on it. */
export interface Side {
  /** Whether they say `connection: close`. */
  readonly draining: boolean;
  /** The value of Strict-Transport-Security; undefined for none. */
  readonly hsts: string | undefined;
}

/** A local reply as it can be sent: 205 becomes 204, as in {@linkcode forwardedResponse}. */
export function sendableReply(reply: LocalReply): LocalReply {
  return reply.status === 205 ? { ...reply, status: 204 } : reply;
}

/**
 * The Response for a local reply.
 *
 * Its body is given as bytes: a Response would make up a Content-Type for a text.
 */
export function localResponse(reply: LocalReply, { draining, hsts }: Side): Response {
  const headers = [...withHsts(reply, hsts).fields] as [string, string][];
  if (draining) headers.push(["connection", "close"]);
  const body = BODILESS.has(reply.status) ? null : bodyOf(reply);
  return new Response(body, { status: reply.status, headers });
}

/** What the balancer adds to a backend's answer. */
export interface Additions {
  /** Whether it says `connection: close`. */
  readonly closing: boolean;
  /** They tie the client to its backend, and to its side of a split; undefined if it needs none. */
  readonly cookies: readonly (string | undefined)[];
  /** The value of a Strict-Transport-Security that takes the place of the backend's; undefined for none. */
  readonly hsts: string | undefined;
  /** The header changes of the route; undefined if there are none. */
  readonly changes: ((fields: Field[]) => Field[]) | undefined;
}

/** The fields of an answer with those of the balancer. */
export function withAdditions(
  fields: Field[],
  { cookies, changes, hsts }: Omit<Additions, "closing">,
): [string, string][] {
  const kept = hsts === undefined ? fields : fields.filter(([name]) => name.toLowerCase() !== HSTS);
  const added = (changes?.(kept) ?? kept) as [string, string][];
  for (const cookie of cookies) if (cookie !== undefined) added.push(["set-cookie", cookie]);
  if (hsts !== undefined) added.push([HSTS, hsts]);
  return added;
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
  additions: Additions,
): Response {
  const { response, attempt, bytes } = answer;
  const { status } = response;
  const forwardable = responseFields(rawFields(response.headers), status);
  const headers = withAdditions(forwardable, additions);
  if (additions.closing) headers.push(["connection", "close"]);
  let body: BodyInit | null = bytes ?? (response.body && watchBody(response.body, attempt));
  if (method === "HEAD" && !BODILESS.has(status) && !response.headers.has("content-length")) {
    body = new ReadableStream({ start: (controller) => controller.close() });
  }
  const unframed = status === 205 && method !== "HEAD" && version !== "2";
  const forwarded = new Response(body, { status: unframed ? 204 : status, headers });
  if (bytes !== undefined) freeBuffer(bytes); // a Response has a copy
  return forwarded;
}
