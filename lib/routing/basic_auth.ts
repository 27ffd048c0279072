/**
 * Basic authentication (RFC 7617). Each check of a bcrypt hash takes some 50 ms of a core, so right answers
 * are remembered, wrong ones are limited by the client's address, and a user who does not exist costs the
 * same as one who does.
 */
import type { RouteConfig } from "../config/model.ts";
import { networkOf } from "./client_network.ts";
import type { RateLimiter } from "./rate_limit.ts";
import type { RememberedPasswords } from "./remembered_passwords.ts";

type BasicAuthConfig = NonNullable<RouteConfig["basicAuth"]>;

/** What came of a check. `busy`: too many passwords wait to be checked. */
export type Verification = "right" | "wrong" | "busy";

/** Checks a password against a hash by bcrypt, off this thread. */
export type Verify = (password: string, hash: string) => Promise<Verification>;

/** Who asks, or why it is not known. */
export type Authentication =
  | { readonly kind: "known"; readonly user: string }
  | { readonly kind: "unknown" }
  | { readonly kind: "busy" }
  /** Too many wrong answers from that address. */
  | { readonly kind: "limited"; readonly waitMs: number };

/** Longer ones are none: bcrypt takes 72 bytes of a password, and a header has room for more. */
const MAX_CREDENTIALS = 1_024;

/** Salt and hash of a password that nobody has, for users who do not exist. */
const NOBODY = "CwTycUXWue0Thq9StjUM0uJ8.NTzKzhAiwgRNDJ4QmWFFz1r3ZcXy";

const UNKNOWN: Authentication = { kind: "unknown" };

export interface BasicAuth {
  /**
   * Finds out who asks.
   *
   * @param authorization the value of Authorization; undefined if there is none
   * @param client its address
   * @param now in milliseconds, on a clock that all workers share
   */
  readonly check: (
    authorization: string | undefined,
    client: string,
    now: number,
  ) => Authentication | Promise<Authentication>;
  /** The value of WWW-Authenticate that asks for a password. */
  readonly challenge: string;
}

/**
 * @param failures limits wrong answers by the client's network
 * @param remembered right answers of this route
 */
export function createBasicAuth(
  { realm, users }: BasicAuthConfig,
  verify: Verify,
  failures: RateLimiter,
  remembered: RememberedPasswords,
): BasicAuth {
  const hashes = new Map(Object.entries(users));
  const nobody = `$2b$${costOf(users)}$${NOBODY}`;
  /** Checks under way: a page that asks for twenty files has its password checked once. */
  const checking = new Map<string, Promise<Authentication>>();

  async function verifyNow(
    { user, password }: Credentials,
    digest: string,
    client: string,
    now: number,
  ): Promise<Authentication> {
    // Taken first: guesses that come at the same time must not all find the same token.
    const network = networkOf(client);
    const waitMs = failures.take(network, now);
    if (waitMs > 0) return { kind: "limited", waitMs };
    const verification = await verify(password, hashes.get(user) ?? nobody);
    if (verification === "wrong" || verification === "right" && !hashes.has(user)) return UNKNOWN;
    failures.giveBack(network, now);
    if (verification === "busy") return { kind: "busy" };
    remembered.add(digest, now);
    return { kind: "known", user };
  }

  return {
    challenge: `Basic realm="${realm.replace(/["\\]/g, "\\$&")}", charset="UTF-8"`,
    check(authorization, client, now) {
      const credentials = readCredentials(authorization);
      if (credentials === undefined) return UNKNOWN;
      const { user, password } = credentials;
      const hash = hashes.get(user);
      const digest = remembered.digestOf(`${hash} ${user}:${password}`);
      if (hash !== undefined && remembered.has(digest, now)) return { kind: "known", user };
      const under = `${client} ${digest}`;
      let check = checking.get(under);
      if (check === undefined) {
        check = verifyNow(credentials, digest, client, now).finally(() => checking.delete(under));
        checking.set(under, check);
      }
      return check;
    },
  };
}

interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** @returns undefined if there are none that are valid */
function readCredentials(authorization: string | undefined): Credentials | undefined {
  if (authorization === undefined || authorization.length > MAX_CREDENTIALS) return undefined;
  const [, encoded] = /^Basic +([A-Za-z0-9+/]+={0,2})$/i.exec(authorization) ?? [];
  if (encoded === undefined) return undefined;
  const text = decode(encoded);
  const colon = text?.indexOf(":") ?? -1;
  if (text === undefined || colon === -1) return undefined;
  return { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** @returns undefined if it is not Base64, or not UTF-8 */
function decode(encoded: string): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.fromBase64(encoded));
  } catch {
    return undefined; // a client may send anything: it is asked for a password
  }
}

/** The cost of the hashes, so that a user who does not exist costs as much: `12`. */
function costOf(users: BasicAuthConfig["users"]): string {
  const costs = Object.values(users).map((hash) => hash.slice(4, 6));
  return costs.sort().at(-1) ?? "10";
}
