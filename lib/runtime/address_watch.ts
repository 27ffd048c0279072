/**
 * Notices names of backends that have several addresses. Each is one backend with one health, and which
 * address a connection goes to is up to the resolver: somebody who scaled a service up by its name should
 * know that.
 */
import { isIP } from "../net/is_ip.ts";
import { Timed, type Wheel } from "../time/timer_wheel.ts";

/** How often names are looked up, and so how often there is a warning for one at most, in milliseconds. */
const INTERVAL_MS = 60_000;

export interface AddressWatchOptions {
  readonly lookUp: (hostname: string) => Promise<readonly string[]>;
  readonly wheel: Wheel;
  readonly onWarning: (warning: string) => void;
}

export class AddressWatch {
  readonly #options: AddressWatchOptions;
  readonly #watched = new Map<string, WatchedName>();

  constructor(options: AddressWatchOptions) {
    this.#options = options;
  }

  /**
   * From now on looks up the names of these backends, at once those that are new, as long as the wheel turns.
   * It delays nothing.
   */
  watch(backends: readonly { readonly url: string }[]): void {
    const urls = backends.map(({ url }) => new URL(url))
      .filter(({ protocol, hostname }) => protocol !== "unix:" && isName(hostname));
    // With TLS or without it is something else, as only without it discovery can be recommended.
    const bases = new Set(urls.map(({ protocol, hostname }) => `${protocol}//${hostname}`));
    for (const [base, watched] of this.#watched) {
      if (bases.has(base)) continue;
      watched.stop();
      this.#watched.delete(base);
    }
    for (const base of bases) {
      if (this.#watched.has(base)) continue;
      const watched = new WatchedName(new URL(base), this.#options);
      this.#watched.set(base, watched);
      watched.check();
    }
  }
}

class WatchedName extends Timed {
  readonly #base: URL;
  readonly #options: AddressWatchOptions;
  /** How many addresses it had when that was last worth a warning. */
  #warnedOf = 1;

  /** @param base scheme and name */
  constructor(base: URL, options: AddressWatchOptions) {
    super();
    this.#base = base;
    this.#options = options;
  }

  async check(): Promise<void> {
    const { lookUp, wheel, onWarning } = this.#options;
    wheel.set(this, INTERVAL_MS);
    const count = countHosts(await lookUp(this.#base.hostname));
    if (count === 0 || count === this.#warnedOf) return;
    this.#warnedOf = count;
    if (count > 1) onWarning(describe(this.#base, count));
  }

  stop(): void {
    this.#options.wheel.remove(this);
  }

  override expire(): void {
    this.check();
  }
}

function describe({ protocol, hostname }: URL, count: number): string {
  const fact = `${hostname} has ${count} addresses, and is one backend with one health`;
  return protocol === "http:"
    ? `${fact}: to balance over them, let its URL begin with dns+http://`
    : fact;
}

/** A host has an IPv4 and an IPv6 address, as localhost does: these are no two hosts. */
function countHosts(addresses: readonly string[]): number {
  const unique = [...new Set(addresses)];
  const ofVersion = (version: number) => unique.filter((address) => isIP(address) === version);
  return Math.max(ofVersion(4).length, ofVersion(6).length);
}

function isName(hostname: string): boolean {
  return isIP(hostname.replace(/^\[|\]$/g, "")) === 0;
}
