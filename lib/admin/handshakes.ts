/**
 * TLS of the admin port: the handshakes of the tcp engine. Loaded only if the admin port has TLS: the memory of
 * node:tls would be held as long as this runs.
 */
import type { TlsSettings } from "../engines/engine.ts";
import { hasSameKeys, loadKeys, SecureArrivals } from "../engines/tcp/secure_arrivals.ts";
import type { Connection } from "../net/connection.ts";
import type { Wheel } from "../time/timer_wheel.ts";

export interface AdminTls {
  readonly wheel: Wheel;
  /** Asked for each connection: a reload may change them. */
  readonly settings: () => TlsSettings;
}

type Keys = ReturnType<typeof loadKeys>;

export class AdminHandshakes {
  readonly #settings: () => TlsSettings;
  readonly #arrivals: SecureArrivals;
  #used: { readonly settings: TlsSettings; readonly keys: Keys } | undefined;

  /** @param timeout for each of them, in milliseconds @param max how many may be under way */
  constructor({ wheel, settings }: AdminTls, timeout: number, max: number) {
    this.#settings = settings;
    this.#arrivals = new SecureArrivals(
      wheel,
      () => ({ handshakeTimeout: timeout, maxHandshakes: max }),
    );
  }

  /** @returns undefined if the handshake fails: then the client was told why, and the connection is closed */
  async secure(arrived: Connection): Promise<Connection | undefined> {
    const secured = await this.#arrivals.secure(arrived, () => this.#keys());
    return typeof secured === "string" ? undefined : secured.connection;
  }

  /** Making them takes a while, and they seldom change. */
  #keys(): Keys {
    const settings = this.#settings();
    if (this.#used === undefined || !hasSameKeys(settings, this.#used.settings)) {
      this.#used = { settings, keys: loadKeys(settings) };
    }
    return this.#used.keys;
  }
}
