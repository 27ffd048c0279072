/** A weighted choice between pools, on which a cookie can keep each client: canary releases. */
import type { RequestFacts } from "../request_facts.ts";
import { cookieValues } from "../http/cookies.ts";

/** A client's place among all clients: of 10,000, so that a weight can be as small as 0.01 %. */
const PLACES = 10_000;

/** How long a browser keeps a client's place, in seconds: a canary is over by then. */
const MAX_AGE_SECONDS = 30 * 24 * 3600;

export interface Chosen<Side> {
  readonly side: Side;
  /** The Set-Cookie that keeps the client there; undefined if none is needed. */
  readonly cookie: string | undefined;
}

/**
 * Makes the function that chooses a side. A client's place does not depend on the weights: if 95 becomes 90,
 * 5 % of the clients move, and all others stay.
 *
 * @param sides each with its weight, not all 0, in the order of the file
 * @param cookieName undefined chooses anew for each request
 * @param random 0 up to 1
 */
export function createSplit<Side>(
  sides: readonly (readonly [side: Side, weight: number])[],
  cookieName: string | undefined,
  random: () => number,
): (request: Pick<RequestFacts, "header">, isSecure: boolean) => Chosen<Side> {
  const total = sides.reduce((sum, [, weight]) => sum + weight, 0);
  let end = 0;
  const ends = sides.map(([side, weight]) => [side, (end += weight) / total] as const);
  const sideAt = (share: number) => (ends.find(([, end]) => share < end) ?? ends.at(-1)!)[0];

  return (request, isSecure) => {
    if (cookieName === undefined) return { side: sideAt(random()), cookie: undefined };
    const known = cookieValues(request.header("cookie"), cookieName).find(isPlace);
    const place = known === undefined ? Math.floor(random() * PLACES) : Number(known);
    return {
      side: sideAt((place + 0.5) / PLACES),
      cookie: known === undefined ? formatCookie(cookieName, place, isSecure) : undefined,
    };
  };
}

function isPlace(text: string): boolean {
  return /^\d{1,4}$/.test(text);
}

function formatCookie(name: string, place: number, isSecure: boolean): string {
  const secure = isSecure ? "; Secure" : "";
  return `${name}=${place}; Path=/; Max-Age=${MAX_AGE_SECONDS}; HttpOnly; SameSite=Lax${secure}`;
}
