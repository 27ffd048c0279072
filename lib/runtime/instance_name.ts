/** This balancer's name in Via, if instance gives none: it tells it from all others. */

/** Random bytes in a name: two balancers of a chain have the same one once in four billion times. */
const RANDOM_BYTES = 4;

/** Makes a name such as `roundabout-3f9a1c2e`. */
export function newInstanceName(): string {
  return `roundabout-${crypto.getRandomValues(new Uint8Array(RANDOM_BYTES)).toHex()}`;
}
