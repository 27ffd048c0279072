/** Requests over TLS to a server that is known by its certificate: fetch cannot check one in another way than by its name. */
import { X509Certificate } from "node:crypto";
import { request } from "node:https";
import { Readable } from "node:stream";
import { checkServerIdentity, rootCertificates } from "node:tls";
import type { AdminRequestInit, Trust } from "./admin_place.ts";

/** Errors that say that a certificate was not accepted. */
const OF_CERTIFICATES = /CERT|VERIFY/;

/** @throws {Deno.errors.ConnectionRefused} if nothing listens there @throws as fetch otherwise */
export function fetchSecurely(
  url: string,
  init: AdminRequestInit,
  trust: Trust,
): Promise<Response> {
  const { method = "GET", headers = {}, body, signal } = init;
  const { promise, resolve, reject } = Promise.withResolvers<Response>();
  const fail = (error: Error) => reject(explained(error));
  const options = { method, headers, signal, agent: false as const, ...checksOf(trust) };
  const sent = request(url, options, (message) => {
    const stream = Readable.toWeb(message) as ReadableStream<Uint8Array<ArrayBuffer>>;
    resolve(new Response(stream, { status: message.statusCode! }));
  });
  sent.on("error", fail);
  sent.end(body);
  return promise;
}

function checksOf(trust: Trust) {
  if (trust === "anybody") return { rejectUnauthorized: false };
  const { own, authorities } = trust;
  const known = authorities === undefined ? rootCertificates : [authorities];
  if (own === undefined) return { ca: [...known] };
  const { fingerprint256 } = new X509Certificate(own);
  return {
    ca: [...known, own],
    checkServerIdentity: (
      ...[host, shown]: Parameters<typeof checkServerIdentity>
    ): Error | undefined =>
      shown.fingerprint256 === fingerprint256 ? undefined : checkServerIdentity(host, shown),
  };
}

function explained(error: Error & { readonly code?: string }): Error {
  if (error.code === "ECONNREFUSED") return new Deno.errors.ConnectionRefused(error.message);
  if (!OF_CERTIFICATES.test(error.code ?? "")) return error;
  return new Error(
    `its certificate is not accepted: ${error.message} (--admin-ca FILE names the authority that issued it)`,
    { cause: error },
  );
}
