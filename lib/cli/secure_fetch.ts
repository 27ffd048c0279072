/** Requests over TLS to a server whose certificate is known, whatever its names: fetch goes by names alone. */
import { X509Certificate } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { Readable } from "node:stream";
import { checkServerIdentity } from "node:tls";
import { BODILESS } from "../http/local_reply.ts";

/** What of `fetch` is used here. */
export interface AdminRequestInit {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

/** `anybody` is not checked at all: nothing may be sent that is secret. */
export type OwnTrust = "anybody" | {
  /** The certificate that it is known to have, in PEM with those above it; its names do not matter. */
  readonly own: string;
};

/** @throws {Deno.errors.ConnectionRefused} if nothing listens there otherwise as fetch */
export function fetchSecurely(
  url: string,
  init: AdminRequestInit,
  trust: OwnTrust,
): Promise<Response> {
  const { method = "GET", headers = {}, body, signal } = init;
  const { promise, resolve, reject } = Promise.withResolvers<Response>();
  const options = { method, headers, signal, agent: false as const, ...checksOf(trust) };
  const sent = request(url, options, (message) => {
    try {
      resolve(responseOf(message));
    } catch (error) { // whoever answers may answer anything, and what is thrown here reaches nobody
      message.destroy();
      reject(error);
    }
  });
  sent.on("upgrade", (_, socket) => {
    socket.destroy();
    reject(new Error("it answered 101, which was not asked for"));
  });
  sent.on("error", (error: Error & { readonly code?: string }) => {
    const isRefused = error.code === "ECONNREFUSED";
    reject(isRefused ? new Deno.errors.ConnectionRefused(error.message) : error);
  });
  sent.end(body);
  return promise;
}

/** @throws RangeError if there is no such status */
function responseOf(message: IncomingMessage): Response {
  const status = message.statusCode!;
  if (BODILESS.has(status)) {
    message.resume(); // or else the connection stays
    return new Response(null, { status });
  }
  const stream = Readable.toWeb(message) as ReadableStream<Uint8Array<ArrayBuffer>>;
  return new Response(stream, { status });
}

function checksOf(trust: OwnTrust) {
  // Without authorities node:https would look for all of the system's, which needs a permission.
  if (trust === "anybody") return { ca: [], rejectUnauthorized: false };
  const { fingerprint256 } = new X509Certificate(trust.own);
  return {
    ca: trust.own,
    checkServerIdentity: (
      ...[host, shown]: Parameters<typeof checkServerIdentity>
    ): Error | undefined =>
      shown.fingerprint256 === fingerprint256 ? undefined : checkServerIdentity(host, shown),
  };
}
