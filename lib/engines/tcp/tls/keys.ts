/** The certificates and keys of a listener, as its handshakes use them. */
import { createSecureContext, type SecureContext } from "node:tls";
import { CertificateChoice, type CertificateUse } from "../../../tls/certificate_choice.ts";
import type { ClientHello, TlsVersion } from "../../../tls/client_hello.ts";
import { ClientTrust } from "../../../tls/client_trust.ts";
import type { TlsSettings } from "../../engine.ts";

interface Keyed extends CertificateUse {
  readonly context: SecureContext;
}

export class Keys {
  readonly #choice: CertificateChoice<Keyed>;
  readonly #minVersion: TlsVersion;
  /** What decides about clients; undefined if they are asked for no certificates. */
  readonly trust: ClientTrust | undefined;

  /** @param settings checked before: node:tls says nothing of keys that it cannot use */
  constructor({ certificates, minVersion, clientAuthentication }: TlsSettings) {
    const ca = clientAuthentication?.authorities;
    const keyed = certificates.map(({ names, isEcdsa, cert, key }) => ({
      names,
      isEcdsa,
      context: createSecureContext({ cert, key, ca, minVersion: `TLSv${minVersion}` }),
    }));
    this.#minVersion = minVersion;
    this.trust = clientAuthentication && new ClientTrust(clientAuthentication);
    this.#choice = new CertificateChoice(keyed);
  }

  /** Whether a client's newest version of TLS is new enough. */
  speaks(version: TlsVersion | undefined): boolean {
    return version === "1.3" || version === this.#minVersion;
  }

  /** What a client is shown. */
  contextFor(hello: ClientHello): SecureContext {
    return this.#choice.choose(hello).context;
  }
}
