/**
 * The certificates that listeners get by themselves. What orders them is loaded only if a configuration asks for
 * it: its memory would be held as long as this runs.
 */
import type { Configuration } from "../config/model.ts";
import type {
  AcmeCertificates,
  AcmeCertificateStatus,
  AcmeOptions,
  PreparedAcme,
} from "./acme_certificates.ts";
import type { ResolvedConfiguration } from "./revision.ts";

export class Acme implements AsyncDisposable {
  /** Called when there is another certificate for the configuration in force. */
  onCertificate: () => void = () => {};
  readonly #options: AcmeOptions;
  #certificates: AcmeCertificates | undefined;
  #isServing = false;

  constructor(options: AcmeOptions) {
    this.#options = options;
  }

  /** Gets a certificate for each listener that wants one: the stored one, or one that nobody trusts. */
  async prepare(config: Configuration): Promise<PreparedAcme> {
    const isAsked = Object.values(config.listeners).some(({ tls }) => tls?.acme !== undefined);
    if (!isAsked && this.#certificates === undefined) return { commit() {}, abandon() {} };
    return await (await this.#load()).prepare(config);
  }

  /** The same configuration, with the certificates that there are. It was prepared. */
  apply(config: ResolvedConfiguration): ResolvedConfiguration {
    return this.#certificates?.apply(config) ?? config;
  }

  /** Authorities find the listeners open: certificates are ordered from now on. */
  start(): void {
    this.#isServing = true;
    this.#certificates?.start();
  }

  status(): readonly AcmeCertificateStatus[] {
    return this.#certificates?.status() ?? [];
  }

  async #load(): Promise<AcmeCertificates> {
    const { AcmeCertificates } = await import("./acme_certificates.ts");
    if (this.#certificates === undefined) {
      this.#certificates = new AcmeCertificates({
        ...this.#options,
        random: Math.random,
        wallClock: Date.now,
        onCertificate: () => this.onCertificate(),
      });
      if (this.#isServing) this.#certificates.start();
    }
    return this.#certificates;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isServing = false;
    await this.#certificates?.[Symbol.asyncDispose]();
  }
}
