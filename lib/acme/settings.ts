/** What ACME needs to know: for which names, and from whom. */

/** Let's Encrypt, and its directory for trying out, whose certificates nobody trusts. */
export const LETS_ENCRYPT = "https://acme-v02.api.letsencrypt.org/directory";
export const LETS_ENCRYPT_STAGING = "https://acme-staging-v02.api.letsencrypt.org/directory";

/** An account that exists elsewhere, which some authorities ask for (RFC 8555, 7.3.4). */
export interface ExternalAccount {
  readonly keyId: string;
  /** In base64url, as the authority shows it. */
  readonly key: string;
}

export interface AcmeSettings {
  /** The DNS names of the certificate, one at least, without wildcards. */
  readonly domains: readonly string[];
  /** Where the authority sends warnings. */
  readonly email?: string | undefined;
  /** The URL of the authority's directory. */
  readonly directory: string;
  /** Who signs that directory's certificate, in PEM, if that is nobody whom the system trusts. */
  readonly directoryCa?: string | undefined;
  readonly externalAccount?: ExternalAccount | undefined;
}

/** The names in one form: whoever writes them in another order or case means the same certificate. */
export function namesOf({ domains }: AcmeSettings): readonly string[] {
  return [...new Set(domains.map((domain) => domain.toLowerCase().replace(/\.$/, "")))].sort();
}
