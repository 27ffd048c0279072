/** Decides about the clients of a listener by the certificates that they have proved to have. */
import { createHash } from "node:crypto";
import { type CertificateProfile, profileOf } from "./certificate_profile.ts";
import { pemBlocks } from "./pem.ts";
import { verifyClient } from "./verify_client.ts";

/** Whose certificates clients show. */
export interface ClientAuthentication {
  /** The authorities, in PEM, each checked. */
  readonly authorities: string;
  /** Whether a client must show a certificate. */
  readonly isRequired: boolean;
}

/** What a handshake has shown. */
export interface Shown {
  /** What the client sent, its own certificate first, as DER; empty if it has none. */
  readonly chain: readonly Uint8Array[];
  /** Whether that was in an earlier handshake, whose session this one resumes. */
  readonly isResumed: boolean;
  /** Why it was not accepted. Of a session that is resumed, nothing is verified again. */
  readonly error: string | undefined;
}

export type Verdict =
  | { readonly kind: "proved"; readonly clientCert: string }
  | { readonly kind: "anonymous" }
  | { readonly kind: "refused"; readonly reason: string };

/** How many certificates are remembered. */
const MAX_REMEMBERED = 1024;

export class ClientTrust {
  readonly #authorities: readonly CertificateProfile[];
  /** Whether a client must show a certificate. */
  readonly isRequired: boolean;
  /** Until when those that full handshakes have verified are valid, by their hashes: the oldest first. */
  readonly #remembered = new Map<string, number>();

  constructor({ authorities, isRequired }: ClientAuthentication) {
    this.#authorities = pemBlocks(authorities).map(({ text }) => profileOf(text));
    this.isRequired = isRequired;
  }

  /**
   * A session can come from a listener that asks for no certificate or trusts others, from before a change of
   * the authorities, or from a client that was refused: tickets of all of them are read by the same keys. So
   * what a session was good for then counts for nothing.
   *
   * @param now in milliseconds since 1970
   */
  judge(shown: Shown, now: number): Verdict {
    const [leaf] = shown.chain;
    if (leaf === undefined) {
      if (!this.isRequired) return { kind: "anonymous" };
      return { kind: "refused", reason: "the client shows no certificate" };
    }
    const reason = shown.isResumed
      ? this.#againstResumed(shown, now)
      : this.#againstFull(shown, now);
    if (reason === undefined) return { kind: "proved", clientCert: `:${leaf.toBase64()}:` };
    return { kind: "refused", reason: `the client's certificate is not accepted: ${reason}` };
  }

  #againstFull({ chain, error }: Shown, now: number): string | undefined {
    if (error !== undefined) return error;
    try {
      const profiles = chain.map((der) => profileOf(der));
      // node:tls does not check the signature of a handshake with a certificate of version 1.
      if (!profiles[0]!.isVersion3) return "it is not of version 3";
      // Nor when one is valid that is itself among the authorities.
      if (now < profiles[0]!.notBefore || now > profiles[0]!.notAfter) return "it is not valid now";
      this.#remember(chain[0]!, Math.min(...profiles.map(({ notAfter }) => notAfter)));
      return undefined;
    } catch {
      return "it cannot be read";
    }
  }

  #againstResumed({ chain }: Shown, now: number): string | undefined {
    const until = this.#remembered.get(hashOf(chain[0]!));
    if (until !== undefined && now <= until) return undefined;
    return verifyClient(chain, this.#authorities, now);
  }

  #remember(leaf: Uint8Array, until: number): void {
    const hash = hashOf(leaf);
    this.#remembered.delete(hash);
    this.#remembered.set(hash, until);
    if (this.#remembered.size <= MAX_REMEMBERED) return;
    this.#remembered.delete(this.#remembered.keys().next().value!);
  }
}

function hashOf(certificate: Uint8Array): string {
  return createHash("sha256").update(certificate).digest("base64");
}
