/** Turns what the core decided into the Response that Deno.serve sends. */
import type { LocalReply } from "../../http/local_reply.ts";
import { responseFields } from "../../http/headers.ts";
import type { WebResponse } from "./forward.ts";
import { headersInit } from "./headers_init.ts";
import { rawFields } from "./raw_fields.ts";
import { watched } from "./response_body.ts";

/** Statuses whose responses have no body (RFC 9110, 15.3.5, 15.3.6, 15.4.5). */
const BODILESS = new Set([204, 205, 304]);

/** An answer of our own. */
export function localResponse(answer: LocalReply, closing: boolean): Response {
  const headers = [...answer.fields] as [string, string][];
  if (closing) headers.push(["connection", "close"]);
  const body = BODILESS.has(answer.status) ? null : answer.body;
  return new Response(body, { status: answer.status, headers });
}

/**
 * A backend's response.
 *
 * An empty stream answers a HEAD without Content-Length, for Deno.serve would announce a length of 0
 * for what GET would send chunked.
 *
 * @param cookie what ties the client to that backend; undefined where nothing must
 */
export function forwardedResponse(
  answer: WebResponse,
  method: string,
  closing: boolean,
  cookie: string | undefined,
): Response {
  const { response, attempt, bytes } = answer;
  const fields = responseFields(rawFields(response.headers));
  if (cookie !== undefined) fields.push(["set-cookie", cookie]);
  if (closing) fields.push(["connection", "close"]);
  const { status } = response;
  let body: BodyInit | null = bytes ?? (response.body && watched(response.body, attempt));
  if (method === "HEAD" && !BODILESS.has(status) && !response.headers.has("content-length")) {
    body = new ReadableStream({ start: (controller) => controller.close() });
  }
  return new Response(body, { status, headers: headersInit(fields) });
}
