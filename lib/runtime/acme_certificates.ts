/** Keeps certificates of authorities for the listeners of a configuration: one for each authority and set of names. */
import { type AcmeCertificate, bestSubstitute } from "../acme/chain.ts";
import { AcmeRenewal, type RenewalStatus } from "../acme/renewal.ts";
import {
  type AcmeSettings,
  LETS_ENCRYPT,
  LETS_ENCRYPT_STAGING,
  namesOf,
} from "../acme/settings.ts";
import { certificateId } from "../acme/store/records.ts";
import { AcmeStore } from "../acme/store/store.ts";
import type { Configuration } from "../config/model.ts";
import { textOf } from "../config/values/content.ts";
import type { CheckedCertificate } from "../tls/certificate_details.ts";
import { checkCertificate } from "../tls/check_certificate.ts";
import { issue } from "../tls/issue.ts";
import type { Wheel } from "../time/timer_wheel.ts";
import type { ResolvedConfiguration } from "./revision.ts";

type Listener = Configuration["listeners"][string];
type AcmeConfig = NonNullable<NonNullable<Listener["tls"]>["acme"]>;

/** How long a self-made certificate is valid, from an hour ago on, in milliseconds. */
const SELF_MADE_MS = 90 * 86_400_000;
const HOUR_MS = 3_600_000;

export interface AcmeOptions {
  readonly wheel: Wheel;
  readonly onInfo: (message: string) => void;
  readonly onWarning: (warning: string) => void;
}

/** The certificates of a configuration that may take the place of the one before. */
export interface PreparedAcme {
  /** It is in force: what it lacks is ordered, and what it has no more is ordered no more. */
  commit(): void;
  /** It is not. */
  abandon(): void;
}

export interface AcmeCertificatesOptions extends AcmeOptions {
  /** 0 up to 1. */
  readonly random: () => number;
  /** The time of day, in milliseconds since 1970. */
  readonly wallClock: () => number;
  /** Called when there is another certificate for the configuration in force. */
  readonly onCertificate: () => void;
}

export interface AcmeCertificateStatus extends RenewalStatus {
  /** The names of the listeners that serve it. */
  readonly listeners: readonly string[];
  /** The URL of the authority's directory. */
  readonly directory: string;
}

/** One certificate, under the settings that it is ordered by. */
interface Kept {
  readonly id: string;
  readonly settings: AcmeSettings;
  readonly renewal: AcmeRenewal;
  /** The authority's; undefined if there is none yet. */
  received: CheckedCertificate | undefined;
  /** What is served until then where there is nothing else. */
  selfMade: CheckedCertificate | undefined;
}

export class AcmeCertificates implements AsyncDisposable {
  readonly #options: AcmeCertificatesOptions;
  /** All that are in force or prepared, by their settings. */
  readonly #kept = new Map<string, Kept>();
  /** Self-made ones, by the id of what they stand for: a name has the same one as long as this runs. */
  readonly #selfMade = new Map<string, CheckedCertificate>();
  /** The settings in force, and the listeners that have them. */
  #inForce: ReadonlyMap<string, readonly string[]> = new Map();
  readonly #started = new Set<AcmeRenewal>();
  readonly #ending = new Set<Promise<void>>();
  #isServing = false;

  constructor(options: AcmeCertificatesOptions) {
    this.#options = options;
  }

  /** Gets a certificate for each listener that wants one: the stored one, or one that nobody trusts. */
  async prepare(config: Configuration): Promise<PreparedAcme> {
    const wanted = listenersBySettings(config);
    const made: Kept[] = [];
    for (const { acme, isAlone } of acmeIn(config)) {
      const kept = await this.#keep(acme);
      if (!isAlone || kept.received !== undefined || kept.selfMade !== undefined) continue;
      kept.selfMade = await this.#makeOne(kept);
      made.push(kept);
    }
    return {
      commit: () => {
        for (const { id, selfMade, settings } of made) {
          this.#selfMade.set(id, selfMade!);
          this.#warnOfSelfMade(settings);
        }
        this.#inForce = wanted;
        this.#dropOthers();
        if (this.#isServing) this.#startAll();
      },
      abandon: () => {
        for (const kept of made) kept.selfMade = undefined;
        this.#dropOthers();
      },
    };
  }

  /** The same configuration, with the certificates that there are. It was prepared. */
  apply(config: ResolvedConfiguration): ResolvedConfiguration {
    const listeners = Object.entries(config.listeners).map(([name, listener]) => {
      const { tls } = listener;
      const kept = tls?.acme && this.#kept.get(keyOf(tls.acme));
      if (tls?.acme === undefined || kept === undefined) return [name, listener] as const;
      const loaded = kept.received ?? (isAlone(tls) ? kept.selfMade : undefined);
      return [name, { ...listener, tls: { ...tls, acme: { ...tls.acme, loaded } } }] as const;
    });
    return { ...config, listeners: Object.fromEntries(listeners) };
  }

  /** Authorities find the listeners open: certificates are ordered from now on. */
  start(): void {
    this.#isServing = true;
    this.#startAll();
  }

  status(): AcmeCertificateStatus[] {
    return [...this.#inForce].flatMap(([key, listeners]) => {
      const kept = this.#kept.get(key);
      if (kept === undefined) return [];
      return [{ ...kept.renewal.status(), listeners, directory: kept.settings.directory }];
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isServing = false;
    const stopping = [...this.#kept.values()].map(({ renewal }) => renewal.stop());
    await Promise.all([...stopping, ...this.#ending]);
  }

  async #keep(acme: AcmeConfig): Promise<Kept> {
    const key = keyOf(acme);
    const known = this.#kept.get(key);
    if (known !== undefined) return known;
    const { wheel, random, wallClock, onInfo, onWarning, onCertificate } = this.#options;
    const settings = settingsOf(acme);
    const names = namesOf(settings);
    const id = certificateId(settings.directory, names);
    const before = this.#before(id, names);
    const renewal = new AcmeRenewal(settings, {
      store: new AcmeStore(acme.store),
      ...{ wheel, random, wallClock, onInfo, onWarning },
      inUse: before?.renewal.certificate,
      onCertificate: (certificate) => {
        kept.received = this.#checked(certificate);
        onCertificate();
      },
    });
    const kept: Kept = {
      ...{ id, settings, renewal },
      received: before?.received,
      selfMade: this.#selfMade.get(id),
    };
    this.#kept.set(key, kept);
    await renewal.load();
    return kept;
  }

  /**
   * What goes on until there is another certificate, after a change of the account, the store, the authority or the
   * names.
   */
  #before(id: string, names: readonly string[]): Kept | undefined {
    const all = [...this.#kept.values()];
    const same = all.find((kept) => kept.id === id);
    if (same !== undefined) return same;
    const best = bestSubstitute(
      all.flatMap(({ renewal }) => renewal.certificate ?? []),
      names,
    );
    return best && all.find(({ renewal }) => renewal.certificate === best);
  }

  /** A certificate that nobody trusts, so that the port is open until there is another one. */
  async #makeOne({ settings }: Kept): Promise<CheckedCertificate> {
    const from = this.#options.wallClock() - HOUR_MS;
    const names = namesOf(settings);
    return this.#checked(await issue({ names, from, until: from + SELF_MADE_MS }));
  }

  #warnOfSelfMade(settings: AcmeSettings): void {
    this.#options.onWarning(
      `a self-made certificate is served for ${namesOf(settings).join(", ")}` +
        `, which clients refuse, until there is one from ${settings.directory}`,
    );
  }

  #checked({ cert, key }: Pick<AcmeCertificate, "cert" | "key">): CheckedCertificate {
    const { certificate, findings } = checkCertificate(cert, key, this.#options.wallClock());
    if (certificate !== undefined) return certificate;
    const why = findings.map(({ about, message }) => `${about} ${message}`).join("; ");
    throw new Error(`the certificate cannot be served: ${why}`);
  }

  #startAll(): void {
    for (const key of this.#inForce.keys()) {
      const { renewal } = this.#kept.get(key)!;
      if (this.#started.has(renewal)) continue;
      this.#started.add(renewal);
      renewal.start();
    }
  }

  /** What is not in force is ordered no more. */
  #dropOthers(): void {
    for (const [key, { renewal }] of this.#kept) {
      if (this.#inForce.has(key)) continue;
      this.#kept.delete(key);
      this.#started.delete(renewal);
      const ending = renewal.stop();
      this.#ending.add(ending);
      ending.finally(() => this.#ending.delete(ending));
    }
  }
}

/** The listeners with ACME. */
function acmeIn({ listeners }: Pick<Configuration, "listeners">) {
  return Object.entries(listeners).flatMap(([listener, { tls }]) =>
    tls?.acme === undefined ? [] : [{ listener, acme: tls.acme, isAlone: isAlone(tls) }]
  );
}

/** Whether a listener has no other certificates. */
function isAlone({ certificates = [] }: NonNullable<Listener["tls"]>): boolean {
  return certificates.length === 0;
}

function listenersBySettings(config: Configuration): ReadonlyMap<string, readonly string[]> {
  const all = Map.groupBy(acmeIn(config), ({ acme }) => keyOf(acme));
  return new Map([...all].map(([key, found]) => [key, found.map(({ listener }) => listener)]));
}

/** What is ordered, how, and where it is kept. */
function keyOf(acme: AcmeConfig): string {
  const settings = settingsOf(acme);
  return JSON.stringify([{ ...settings, domains: namesOf(settings) }, acme.store]);
}

function settingsOf(acme: AcmeConfig): AcmeSettings {
  const { domains, email, staging, directory, directoryAuthorities, eab } = acme;
  return {
    domains,
    email,
    directory: directory ?? (staging ? LETS_ENCRYPT_STAGING : LETS_ENCRYPT),
    directoryCa: directoryAuthorities,
    externalAccount: eab && { keyId: eab.keyId, key: textOf(eab.key) },
  };
}
