/** Certificates for tests, of one authority. */
import { issue, type Issued, type IssueOptions } from "../../lib/tls/issue.ts";
import type { Certificate, TlsSettings } from "../../lib/engines/engine.ts";

const DAY_MS = 86_400_000;

/** Valid from yesterday until tomorrow. */
export const VALID = { from: Date.now() - DAY_MS, until: Date.now() + DAY_MS };

export const AUTHORITY: Issued = await issue({ ...VALID, names: ["Test CA"], isAuthority: true });

/** A certificate for these names. */
export function certificateFor(
  names: readonly string[],
  options: Partial<IssueOptions> = {},
): Promise<Issued> {
  return issue({ ...VALID, names, issuer: AUTHORITY, ...options });
}

export function rsaKeys(): Promise<CryptoKeyPair> {
  const exponent = new Uint8Array([1, 0, 1]);
  const algorithm = { name: "RSASSA-PKCS1-v1_5", modulusLength: 2048, publicExponent: exponent };
  return crypto.subtle.generateKey({ ...algorithm, hash: "SHA-256" }, true, ["sign", "verify"]);
}

/** The first of its certificates as DER. */
export function derOf({ cert }: Pick<Issued, "cert">): Uint8Array<ArrayBuffer> {
  const [, base64 = ""] = /-----BEGIN CERTIFICATE-----([^-]*)/.exec(cert) ?? [];
  return Uint8Array.fromBase64(base64);
}

/** The same as an engine takes it. */
export function served({ cert, key, keys }: Issued, names: readonly string[]): Certificate {
  return { cert, key, names, isEcdsa: keys.privateKey.algorithm.name === "ECDSA" };
}

/** Connects over TLS, and completes the handshake. @param serverName the name that the server must prove */
export async function connectSecurely(
  port: number,
  serverName = "localhost",
  options: Omit<Deno.StartTlsOptions, "hostname" | "caCerts"> = {},
): Promise<Deno.TlsConn> {
  const raw = await Deno.connect({ hostname: "127.0.0.1", port });
  raw.setNoDelay(true);
  const caCerts = [AUTHORITY.cert];
  const connection = await Deno.startTls(raw, { hostname: serverName, caCerts, ...options });
  try {
    await connection.handshake();
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** TLS for localhost. */
export const LOCALHOST_TLS: TlsSettings = {
  certificates: [served(await certificateFor(["localhost"]), ["localhost"])],
  minVersion: "1.2",
};
