/** Requests of authorities of ACME, which ask for a token over plain HTTP (RFC 8555, 8.3). */
import type { RequestFacts } from "../../request_facts.ts";

const FOLDER = "/.well-known/acme-challenge/";

const TOKEN = /^[\w-]+$/;

/** @param path with the query @returns the token that it is for; undefined if it is for none */
export function tokenIn(path: string): string | undefined {
  if (!path.startsWith(FOLDER)) return undefined;
  const token = path.slice(FOLDER.length);
  return TOKEN.test(token) ? token : undefined;
}

/** The same of a request that an authority may have sent. */
export function challengeIn({ method, path }: Pick<RequestFacts, "method" | "path">) {
  return method === "GET" || method === "HEAD" ? tokenIn(path) : undefined;
}
