/** The kinds of keys that certificates are served with. */
import type { X509Certificate } from "node:crypto";

/** The kind of a certificate's key. */
export interface KeyKind {
  readonly isEcdsa: boolean;
  /** What would be served instead, and what was found; undefined if it is served. */
  readonly problem: string | undefined;
}

/** What is shorter can be factored, and browsers refuse it (CA/Browser Forum, Baseline Requirements, 6.1.5). */
const MIN_RSA_BITS = 2048;

/** The curves that every client has (RFC 8446, 9.1, and what authorities issue). */
const CURVES = ["prime256v1", "secp384r1"];

const KINDS = "RSA, or ECDSA with P-256 or P-384";

export function keyKindOf(certificate: X509Certificate): KeyKind {
  const { type, bits, curve } = keyOf(certificate);
  if (type === "rsa") {
    if (bits >= MIN_RSA_BITS) return { isEcdsa: false, problem: undefined };
    const problem = `an RSA key of ${MIN_RSA_BITS} bits or more: found ${bits}`;
    return { isEcdsa: false, problem };
  }
  if (type === "ec" && CURVES.includes(curve)) return { isEcdsa: true, problem: undefined };
  const found = type === "ec" ? `ECDSA with ${curve}` : type;
  return { isEcdsa: false, problem: `a key of ${KINDS}: found ${found}` };
}

function keyOf(certificate: X509Certificate): { type: string; bits: number; curve: string } {
  try {
    const { asymmetricKeyType: type = "another kind", asymmetricKeyDetails } =
      certificate.publicKey;
    const { modulusLength: bits = 0, namedCurve: curve = "an unknown curve" } =
      asymmetricKeyDetails ?? {};
    return { type, bits, curve };
  } catch {
    return { type: "another kind", bits: 0, curve: "" };
  }
}
