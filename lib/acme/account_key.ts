/** The key of an account, and what is signed with it: JWS with ES256 (RFC 7515; RFC 8555, 6.2). */
import { newKeys } from "../tls/issue.ts";
import { derOf, pemOf } from "../tls/pem.ts";
import { AcmeFailure } from "./failure.ts";
import type { ExternalAccount } from "./settings.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const EC = { name: "ECDSA", namedCurve: "P-256" };
const SIGNATURE = { name: "ECDSA", hash: "SHA-256" };
const HMAC = { name: "HMAC", hash: "SHA-256" };

/** In the order that its thumbprint needs (RFC 7638, 3). */
interface PublicJwk {
  readonly crv: string;
  readonly kty: string;
  readonly x: string;
  readonly y: string;
}

/** What is said in the head of a message beside the algorithm. */
interface Head {
  readonly url: string;
  readonly nonce: string;
  /** The account's URL; without it the key itself is sent. */
  readonly accountUrl: string | undefined;
}

export class AccountKey {
  readonly #key: CryptoKey;
  readonly #jwk: PublicJwk;
  /** In PEM (PKCS #8). */
  readonly pem: string;

  private constructor(key: CryptoKey, jwk: PublicJwk, pem: string) {
    this.#key = key;
    this.#jwk = jwk;
    this.pem = pem;
  }

  static async create(): Promise<AccountKey> {
    const { key } = await newKeyPem();
    return await AccountKey.read(key);
  }

  /** @param pem as {@linkcode AccountKey.pem} is. @throws if it is no such key */
  static async read(pem: string): Promise<AccountKey> {
    const key = await crypto.subtle.importKey("pkcs8", derOf(pem), EC, true, ["sign"]);
    const { crv, kty, x, y } = await crypto.subtle.exportKey("jwk", key);
    return new AccountKey(key, { crv: crv!, kty: kty!, x: x!, y: y! }, pem);
  }

  /** A message to the authority. @param payload undefined asks for a resource (POST-as-GET) */
  async sign(payload: unknown, { url, nonce, accountUrl }: Head): Promise<string> {
    const by = accountUrl === undefined ? { jwk: this.#jwk } : { kid: accountUrl };
    return await jws({ alg: "ES256", nonce, url, ...by }, payload, async (bytes) => {
      return new Uint8Array(await crypto.subtle.sign(SIGNATURE, this.#key, bytes));
    });
  }

  /**
   * Binds a new account to one that exists elsewhere (RFC 8555, 7.3.4).
   *
   * @param url of newAccount
   * @throws AcmeFailure if the key is not in base64url
   */
  async bind({ keyId, key }: ExternalAccount, url: string): Promise<unknown> {
    const bytes = secretBytes(key);
    const secret = await crypto.subtle.importKey("raw", bytes, HMAC, false, ["sign"]);
    const message = await jws({ alg: "HS256", kid: keyId, url }, this.#jwk, async (bytes) => {
      return new Uint8Array(await crypto.subtle.sign("HMAC", secret, bytes));
    });
    return JSON.parse(message);
  }

  /** What proves that a token was answered by this account (8.1). */
  async keyAuthorization(token: string): Promise<string> {
    const { crv, kty, x, y } = this.#jwk;
    const digest = await crypto.subtle.digest("SHA-256", utf8(JSON.stringify({ crv, kty, x, y })));
    return `${token}.${base64url(new Uint8Array(digest))}`;
  }
}

/** A new key for a certificate. */
export async function newKeyPem(): Promise<{ readonly key: string }> {
  const { privateKey } = await newKeys();
  const bytes = await crypto.subtle.exportKey("pkcs8", privateKey);
  return { key: pemOf("PRIVATE KEY", new Uint8Array(bytes)) };
}

async function jws(
  head: unknown,
  payload: unknown,
  sign: (bytes: Bytes) => Promise<Bytes>,
): Promise<string> {
  const protectedHead = base64url(utf8(JSON.stringify(head)));
  const body = payload === undefined ? "" : base64url(utf8(JSON.stringify(payload)));
  const signature = base64url(await sign(utf8(`${protectedHead}.${body}`)));
  return JSON.stringify({ protected: protectedHead, payload: body, signature });
}

/** Some authorities show it in base64 with padding. */
function secretBytes(text: string): Bytes {
  const plain = text.trim().replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  try {
    const bytes = Uint8Array.fromBase64(plain, { alphabet: "base64url" });
    if (bytes.length > 0) return bytes;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new AcmeFailure("refused", "the key of the external account (eab) must be in base64url");
}

export function base64url(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

function utf8(text: string): Bytes {
  return new TextEncoder().encode(text);
}
