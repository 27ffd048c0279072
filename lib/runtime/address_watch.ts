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
    const names = new Set(backends.map(({ url }) => new URL(url).hostname).filter(isName));
    for (const [name, watched] of this.#watched) {
      if (names.has(name)) continue;
      watched.stop();
      this.#watched.delete(name);
    }
    for (const name of names) {
      if (this.#watched.has(name)) continue;
      const watched = new WatchedName(name, this.#options);
      this.#watched.set(name, watched);
      watched.check();
    }
  }
}

class WatchedName extends Timed {
  readonly #name: string;
  readonly #options: AddressWatchOptions;
  /** How many addresses it had when that was last worth a warning. */
  #warnedOf = 1;

  constructor(name: string, options: AddressWatchOptions) {
    super();
    this.#name = name;
    this.#options = options;
  }

  async check(): Promise<void> {
    const { lookUp, wheel, onWarning } = this.#options;
    wheel.set(this, INTERVAL_MS);
    const count = countHosts(await lookUp(this.#name));
    if (count === 0 || count === this.#warnedOf) return;
    this.#warnedOf = count;
    if (count > 1) onWarning(describe(this.#name, count));
  }

  stop(): void {
    this.#options.wheel.remove(this);
  }

  override expire(): void {
    this.check();
  }
}

function describe(name: string, count: number): string {
  return `${name} has ${count} addresses, and is one backend with one health: to balance over them, write ` +
    `dns+http://${name}`;
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
