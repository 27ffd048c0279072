/**
 * Connections that have come in at listeners with TLS, until their handshakes are complete. What does that is
 * loaded once a listener needs it: the memory of node:tls would be held as long as this runs.
 */
import type { Connection } from "../../net/connection.ts";
import type { Wheel } from "../../time/timer_wheel.ts";
import type { TlsSettings } from "../engine.ts";
import type { HandshakeLimits, Handshakes, Secured } from "./tls/handshakes.ts";
import type { Keys } from "./tls/keys.ts";

export class SecureArrivals {
  /** How many there are. */
  count = 0;
  readonly #wheel: Wheel;
  readonly #limits: () => HandshakeLimits;
  #handshakes: Promise<Handshakes> | undefined;

  /** @param limits those that hold at the moment */
  constructor(wheel: Wheel, limits: () => HandshakeLimits) {
    this.#wheel = wheel;
    this.#limits = limits;
  }

  /** Makes a connection secure: see {@linkcode Handshakes.begin}. */
  async secure(
    connection: Connection,
    keys: () => Promise<Keys> | undefined,
  ): Promise<Secured | string> {
    this.count++;
    try {
      const handshakes = await (this.#handshakes ??= this.#load());
      return await handshakes.begin(connection, keys);
    } finally {
      this.count--;
    }
  }

  /** Gives up all of them. */
  async giveUp(reason: string): Promise<void> {
    (await this.#handshakes)?.giveUp(reason);
  }

  async #load(): Promise<Handshakes> {
    const { Handshakes } = await import("./tls/handshakes.ts");
    return new Handshakes(this.#wheel, this.#limits);
  }
}

/** Loads what handshakes use, of these settings. */
export async function loadKeys(settings: TlsSettings): Promise<Keys> {
  const { Keys } = await import("./tls/keys.ts");
  return new Keys(settings);
}

/** Whether clients must prove the same with both settings. */
export function hasSameClients(
  one: TlsSettings | undefined,
  other: TlsSettings | undefined,
): boolean {
  const [was, is] = [one?.clientAuthentication, other?.clientAuthentication];
  return was?.authorities === is?.authorities && was?.isRequired === is?.isRequired;
}

/** Whether handshakes are the same with both settings. */
export function hasSameKeys(one: TlsSettings | undefined, other: TlsSettings | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  const { certificates } = other;
  return one.minVersion === other.minVersion && hasSameClients(one, other) &&
    one.certificates.length === certificates.length &&
    one.certificates.every(({ cert, key }, index) =>
      cert === certificates[index]!.cert && key === certificates[index]!.key
    );
}
