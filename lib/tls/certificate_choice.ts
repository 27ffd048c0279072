/** Chooses the certificate that a client gets, of those that a listener has. */
import type { ClientHello } from "./client_hello.ts";

/** What a certificate is for. */
export interface CertificateUse {
  /** The names that it covers, in lower case: `www.example.com`, or `*.example.com` for one label more. */
  readonly names: readonly string[];
  /** Whether its key is ECDSA; otherwise it is RSA. */
  readonly isEcdsa: boolean;
}

/** Those for one name: of each kind of key, the first that is listed. */
interface Candidates<Certificate> {
  readonly ecdsa: Certificate | undefined;
  readonly rsa: Certificate | undefined;
}

/**
 * An exact name goes before a wildcard. A client that names none, or one that no certificate covers, gets the
 * first of all: most tools connect by an address at first, and see by it what they have reached.
 */
export class CertificateChoice<Certificate extends CertificateUse> {
  readonly #byName: ReadonlyMap<string, Candidates<Certificate>>;
  readonly #others: Candidates<Certificate>;

  /** @param certificates one at least */
  constructor(certificates: readonly Certificate[]) {
    const [first] = certificates;
    if (first === undefined) throw new Error("Cannot choose a certificate as there is none");
    const names = new Set(certificates.flatMap(({ names }) => names));
    this.#byName = new Map(
      [...names].map((name) => [
        name,
        candidatesOf(certificates.filter((certificate) => certificate.names.includes(name))),
      ]),
    );
    const like = ({ names }: Certificate) => names.join() === first.names.join();
    this.#others = candidatesOf(certificates.filter(like));
  }

  /** The certificate for a client. */
  choose(
    { serverName, acceptsEcdsa }: Pick<ClientHello, "serverName" | "acceptsEcdsa">,
  ): Certificate {
    const { ecdsa, rsa } = this.#candidates(serverName);
    // To sign with ECDSA takes less than a tenth of the time that RSA takes (`openssl speed`).
    return (acceptsEcdsa ? ecdsa ?? rsa : rsa ?? ecdsa)!;
  }

  #candidates(serverName: string | undefined): Candidates<Certificate> {
    if (serverName === undefined) return this.#others;
    const wildcard = serverName.replace(/^[^.]+(?=\.)/, "*");
    return this.#byName.get(serverName) ?? this.#byName.get(wildcard) ?? this.#others;
  }
}

function candidatesOf<Certificate extends CertificateUse>(
  certificates: readonly Certificate[],
): Candidates<Certificate> {
  return {
    ecdsa: certificates.find(({ isEcdsa }) => isEcdsa),
    rsa: certificates.find(({ isEcdsa }) => !isEcdsa),
  };
}
