/** Warns while the balancer runs: of certificates that expire soon once a day, and when one has expired. */
import type { Configuration } from "../config/model.ts";
import {
  type CheckedCertificate,
  daysLeft,
  expiryOf,
  titleOf,
} from "../tls/certificate_details.ts";
import { Timed, type Wheel } from "../time/timer_wheel.ts";

/** How often it looks, in milliseconds. */
const INTERVAL_MS = 3_600_000;

/** How long nothing more is said of a certificate, in milliseconds. */
const SILENCE_MS = 24 * INTERVAL_MS;

export interface CertificateWatchOptions {
  readonly wheel: Wheel;
  /** In milliseconds since 1970. */
  readonly now: () => number;
  readonly onWarning: (warning: string) => void;
}

/** What was said of a certificate, and when. */
interface Told {
  readonly at: number;
  readonly hasExpired: boolean;
}

export class CertificateWatch extends Timed implements Disposable {
  readonly #options: CertificateWatchOptions;
  #watched: readonly Watched[] = [];
  /** By the keys of those that are watched; undefined if nothing was said yet. */
  #told: ReadonlyMap<string, Told | undefined> = new Map();

  constructor(options: CertificateWatchOptions) {
    super();
    this.#options = options;
  }

  /** A configuration is in force. Whoever loaded it has told how long its certificates last. */
  take(config: Pick<Configuration, "listeners">): void {
    const { wheel, now } = this.#options;
    const before = this.#told;
    this.#watched = watchedIn(config);
    this.#told = new Map(this.#watched.map(({ key, certificate }) => [
      key,
      before.has(key) ? before.get(key) : toldOf(certificate, now()),
    ]));
    if (this.#watched.length === 0) wheel.remove(this);
    else if (this.deadline === Infinity) wheel.set(this, INTERVAL_MS);
  }

  override expire(): void {
    const { wheel, now, onWarning } = this.#options;
    const told = new Map(this.#told);
    for (const { key, listener, certificate } of this.#watched) {
      const [last, next] = [told.get(key), toldOf(certificate, now())];
      if (next === undefined) continue;
      if (last?.hasExpired === next.hasExpired && next.at - last.at < SILENCE_MS) continue;
      told.set(key, next);
      const expiry = expiryOf(certificate, now());
      onWarning(`listener ${listener}: the certificate of ${titleOf(certificate)} ${expiry}`);
    }
    this.#told = told;
    wheel.set(this, INTERVAL_MS);
  }

  [Symbol.dispose](): void {
    this.#options.wheel.remove(this);
  }
}

interface Watched {
  /** Listener and fingerprint. */
  readonly key: string;
  readonly listener: string;
  readonly certificate: CheckedCertificate;
}

function watchedIn({ listeners }: Pick<Configuration, "listeners">): Watched[] {
  return Object.entries(listeners).flatMap(([listener, { tls }]) =>
    (tls?.certificates ?? []).flatMap(({ loaded }) =>
      loaded === undefined
        ? []
        : [{ key: `${listener} ${loaded.fingerprint}`, listener, certificate: loaded }]
    )
  );
}

/** @returns undefined if nothing is to be said */
function toldOf(certificate: CheckedCertificate, at: number): Told | undefined {
  if (expiryOf(certificate, at) === undefined) return undefined;
  return { at, hasExpired: daysLeft(certificate, at) < 0 };
}
