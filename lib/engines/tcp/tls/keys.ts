/** The certificates and keys of a listener, as its handshakes use them. */
import { createSecureContext, type SecureContext } from "node:tls";
import { CertificateChoice, type CertificateUse } from "../../../tls/certificate_choice.ts";
import type { ClientHello, TlsVersion } from "../../../tls/client_hello.ts";
import type { TlsSettings } from "../../engine.ts";

interface Keyed extends CertificateUse {
  readonly context: SecureContext;
}

export class Keys {
  readonly #choice: CertificateChoice<Keyed>;
  readonly #minVersion: TlsVersion;

  /** @param settings checked before: node:tls says nothing of keys that it cannot use */
  constructor({ certificates, minVersion }: TlsSettings) {
    const keyed = certificates.map(({ names, isEcdsa, cert, key }) => ({
      names,
      isEcdsa,
      context: createSecureContext({ cert, key, minVersion: `TLSv${minVersion}` }),
    }));
    this.#minVersion = minVersion;
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
