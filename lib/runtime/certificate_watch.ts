/** Warns while the balancer runs: of certificates that expire soon once a day, and when one has expired. */
import type { Configuration } from "../config/model.ts";
import { daysLeft, expiryOf, titleOf } from "../tls/certificate_details.ts";
import { endsOf } from "../tls/validity.ts";
import { Timed, type Wheel } from "../time/timer_wheel.ts";

type Certificates = NonNullable<Configuration["listeners"][string]["tls"]>["certificates"];

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
  take(config: WatchedConfig): void {
    const { wheel, now } = this.#options;
    const before = this.#told;
    this.#watched = watchedIn(config);
    this.#told = new Map(this.#watched.map((watched) => [
      watched.key,
      before.has(watched.key) ? before.get(watched.key) : toldOf(watched, now()),
    ]));
    if (this.#watched.length === 0) wheel.remove(this);
    else if (this.deadline === Infinity) wheel.set(this, INTERVAL_MS);
  }

  override expire(): void {
    const { wheel, now, onWarning } = this.#options;
    const told = new Map(this.#told);
    for (const watched of this.#watched) {
      const { key, title } = watched;
      const [last, next] = [told.get(key), toldOf(watched, now())];
      if (next === undefined) continue;
      if (last?.hasExpired === next.hasExpired && next.at - last.at < SILENCE_MS) continue;
      told.set(key, next);
      onWarning(`${title} ${expiryOf(watched, now())}`);
    }
    this.#told = told;
    wheel.set(this, INTERVAL_MS);
  }

  [Symbol.dispose](): void {
    this.#options.wheel.remove(this);
  }
}

interface Watched {
  /** What it is for, and what it is. */
  readonly key: string;
  /** The beginning of a sentence: `listener https: the certificate of www.example.com`. */
  readonly title: string;
  readonly notAfter: number;
}

type WatchedConfig = Pick<Configuration, "listeners" | "pools" | "admin">;

function watchedIn({ listeners, pools, admin }: WatchedConfig): Watched[] {
  const all = [
    ...Object.entries(listeners).flatMap(([name, { tls }]) => [
      ...served(`listener ${name}`, tls?.certificates),
      ...named(`listener ${name}`, "tls.clientCa", tls?.clientAuthorities),
    ]),
    ...served("admin", admin?.tls?.certificates),
    ...Object.entries(pools).flatMap(([name, { tls }]) => [
      ...named(`pool ${name}`, "tls.cert", tls?.loaded?.client?.cert),
      ...named(`pool ${name}`, "tls.ca", tls?.loaded?.ca),
    ]),
  ];
  return [...new Map(all.map((watched) => [watched.key, watched])).values()];
}

function served(owner: string, certificates: Certificates = []): Watched[] {
  return certificates.flatMap(({ loaded }) =>
    loaded === undefined ? [] : [{
      key: `${owner} ${loaded.fingerprint}`,
      title: `${owner}: the certificate of ${titleOf(loaded)}`,
      notAfter: loaded.notAfter,
    }]
  );
}

/** Those of a file that a setting names, in PEM: what is said of them is said of the setting. */
function named(owner: string, setting: string, pem: string | undefined): Watched[] {
  if (pem === undefined) return [];
  return endsOf(pem).map((notAfter) => ({
    key: `${owner} ${setting} ${notAfter}`,
    title: `${owner}: a certificate of ${setting}`,
    notAfter,
  }));
}

/** @returns undefined if nothing is to be said */
function toldOf(watched: Watched, at: number): Told | undefined {
  if (expiryOf(watched, at) === undefined) return undefined;
  return { at, hasExpired: daysLeft(watched, at) < 0 };
}
