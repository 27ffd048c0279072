/** A running balancer whose place another one takes: both listen on the same ports until it has stopped. */

export interface Predecessor {
  /** The ports that requests come in at. */
  readonly ports: ReadonlySet<number>;
  /** Its unix sockets, such as `unix:/run/front.sock`. */
  readonly sockets: ReadonlySet<string>;
  readonly setByHand: readonly SetByHand[];
  /**
   * Asks it to stop, once the other one serves. It gives up its admin port before it drains.
   *
   * @throws if it does not stop, or does not say so in time: then it goes on
   */
  readonly stop: () => Promise<void>;
}

/** A backend whose drain or weight was set by hand. */
export interface SetByHand {
  readonly pool: string;
  readonly url: string;
  readonly draining: boolean;
  readonly weight: number;
  /** The weight that the configuration had; the same as `weight` if that was not set by hand. */
  readonly configuredWeight: number;
}

/**
 * Stops the predecessor, now that both listen, or else the one that was to take its place.
 *
 * @param giveUp lets what came in at the latter finish, and stops it
 * @throws what {@linkcode Predecessor.stop} throws
 */
export async function stopOrGiveUp(
  predecessor: Predecessor,
  giveUp: () => Promise<unknown>,
): Promise<void> {
  try {
    await predecessor.stop();
  } catch (error) {
    await giveUp();
    throw error;
  }
}
