/** One attempt to get a certificate: from the directory to the chain. */
import type { Wheel } from "../time/timer_wheel.ts";
import { accountIdOf, forgetAccountUrl, openAccount } from "./account.ts";
import type { AcmeCertificate } from "./chain.ts";
import { AcmeFailure } from "./failure.ts";
import { obtain } from "./order.ts";
import { Poller } from "./poller.ts";
import type { AcmeSettings } from "./settings.ts";
import type { AcmeStore } from "./store/store.ts";
import { Transport } from "./transport.ts";

export interface AttemptTools {
  readonly store: AcmeStore;
  readonly wheel: Wheel;
  /** The time of day, in milliseconds since 1970. */
  readonly wallClock: () => number;
}

/** What is ordered. */
export interface Wanted {
  readonly settings: AcmeSettings;
  /** Under which the order is stored. */
  readonly id: string;
  readonly names: readonly string[];
}

/**
 * @param signal breaks it off
 * @throws AcmeFailure, the signal's reason, or what the store throws
 */
export async function attempt(
  wanted: Wanted,
  tools: AttemptTools,
  signal: AbortSignal,
): Promise<AcmeCertificate> {
  const { settings } = wanted;
  const { store, wheel } = tools;
  using transport = new Transport(wheel, signal, settings.directoryCa);
  try {
    return await attemptWith(transport, wanted, tools, signal);
  } catch (error) {
    if (!(error instanceof AcmeFailure && error.kind === "account unknown")) throw error;
    await forgetAccountUrl(settings, store);
    return await attemptWith(transport, wanted, tools, signal);
  }
}

async function attemptWith(
  transport: Transport,
  { settings, id, names }: Wanted,
  { store, wheel, wallClock }: AttemptTools,
  signal: AbortSignal,
): Promise<AcmeCertificate> {
  const client = await openAccount(settings, store, { transport, wallClock });
  const poller = new Poller(wheel, signal, client);
  return await obtain(id, names, { client, store, poller, wallClock });
}

/** The lock of an account: all that is ordered with it comes one after the other. */
export function lockPathOf(settings: AcmeSettings, store: AcmeStore): string {
  return store.lockPath(accountIdOf(settings));
}
