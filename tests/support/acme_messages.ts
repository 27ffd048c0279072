/** The messages of ACME as an authority reads and writes them. */

/** A request that is signed as it should be. */
export interface Signed {
  readonly jwk: JsonWebKey | undefined;
  readonly account: string;
  readonly payload: Record<string, unknown>;
}

const ES256 = { name: "ECDSA", hash: "SHA-256" };
const P256 = { name: "ECDSA", namedCurve: "P-256" };

/** What a server knows of what it gave out. */
export interface Known {
  /** Takes a nonce back. @returns whether it was given out */
  readonly takeNonce: (nonce: string) => boolean;
  /** The key of an account, by its URL. */
  readonly keyOf: (account: string) => JsonWebKey | undefined;
}

/**
 * Checks a request (RFC 8555, 6.2).
 *
 * @throws a Response if it is not right
 */
export async function verify(
  body: string,
  { headers, url }: Request,
  { takeNonce, keyOf }: Known,
): Promise<Signed> {
  if (headers.get("content-type") !== "application/jose+json") {
    throw problem(415, "malformed", "another type of content");
  }
  const message = JSON.parse(body);
  const head = JSON.parse(text(message.protected));
  if (!takeNonce(head.nonce)) throw problem(400, "badNonce", "unknown nonce");
  if (head.url !== url || head.alg !== "ES256") throw problem(401, "unauthorized", "bad head");
  const jwk: JsonWebKey | undefined = head.jwk ?? keyOf(head.kid);
  if (jwk === undefined) throw problem(400, "accountDoesNotExist", "no such account");
  const key = await crypto.subtle.importKey("jwk", jwk, P256, false, ["verify"]);
  const signed = new TextEncoder().encode(`${message.protected}.${message.payload}`);
  const isRight = await crypto.subtle.verify(ES256, key, bytes(message.signature), signed);
  if (!isRight) throw problem(401, "unauthorized", "bad signature");
  const payload = message.payload === "" ? {} : JSON.parse(text(message.payload));
  return { jwk: head.jwk, account: head.kid ?? "", payload };
}

/** Whether an external account is bound to a key (RFC 8555, 7.3.4). @param keys by their ids, in base64url */
export async function isBound(
  binding: unknown,
  jwk: JsonWebKey | undefined,
  url: string,
  keys: Readonly<Record<string, string>>,
): Promise<boolean> {
  const message = binding as { protected: string; payload: string; signature: string };
  const head = JSON.parse(text(message.protected));
  const key = await crypto.subtle.importKey(
    "raw",
    bytes(keys[head.kid] ?? "AA"),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["verify"],
  );
  const isSigned = await crypto.subtle.verify(
    "HMAC",
    key,
    bytes(message.signature),
    new TextEncoder().encode(`${message.protected}.${message.payload}`),
  );
  return isSigned && head.alg === "HS256" && head.url === url &&
    JSON.parse(text(message.payload)).x === jwk?.x;
}

export function problemOf(type: string, detail: string, more: object = {}): unknown {
  return { type: `urn:ietf:params:acme:error:${type}`, detail, ...more };
}

export function problem(
  status: number,
  type: string,
  detail: string,
  headers: Record<string, string> = {},
): Response {
  const content = { "content-type": "application/problem+json" };
  return json(status, problemOf(type, detail), { ...content, ...headers });
}

export function json(
  status: number,
  value: unknown,
  headers: Record<string, string> = {},
): Response {
  return new Response(JSON.stringify(value), { status, headers });
}

export function bytes(base64url: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromBase64(base64url, { alphabet: "base64url" });
}

function text(base64url: string): string {
  return new TextDecoder().decode(bytes(base64url));
}
