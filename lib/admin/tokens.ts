/** Who asks, by the token that a request carries (RFC 6750). */
import { takeToken } from "../routing/rate_limit.ts";

/** The tokens that are set; undefined where none is. */
export interface Tokens {
  /** Allows all that the admin port can do. */
  readonly token: string | undefined;
  /** Allows reading. */
  readonly readToken: string | undefined;
}

export type Role = "operator" | "reader";

/** Who asks, or why it is not known. */
export type Identity =
  | { readonly kind: "known"; readonly role: Role }
  /** No token is set, and others than this machine reach the port. */
  | { readonly kind: "closed" }
  | { readonly kind: "missing" }
  | { readonly kind: "wrong" }
  /** There were too many wrong ones. */
  | { readonly kind: "limited"; readonly waitMs: number };

/** How fast guesses come at most, from everybody together: five at once, and five a second. */
const GUESS_MS = 200;
const SLACK_MS = 4 * GUESS_MS;

/** Addresses that are remembered for a right token, so that somebody else's guesses do not lock them out. */
const MAX_REMEMBERED = 1_000;

const OPERATOR: Identity = { kind: "known", role: "operator" };
const READER: Identity = { kind: "known", role: "reader" };

export class TokenCheck {
  readonly #tokens: () => Tokens;
  readonly #isOnLoopback: boolean;
  /** When guesses may come as fast as at first. */
  #fullAt = 0;
  readonly #remembered = new Set<string>();

  /**
   * @param tokens those that are set at the moment
   * @param isOnLoopback whether only this machine reaches the port: without tokens it may do everything
   */
  constructor(tokens: () => Tokens, isOnLoopback: boolean) {
    this.#tokens = tokens;
    this.#isOnLoopback = isOnLoopback;
  }

  /**
   * @param authorization the value of Authorization; undefined if there is none
   * @param address of the client
   * @param now in milliseconds
   */
  identify(authorization: string | undefined, address: string, now: number): Identity {
    const tokens = this.#tokens();
    if (tokens.token === undefined && tokens.readToken === undefined) {
      return this.#isOnLoopback ? OPERATOR : { kind: "closed" };
    }
    const [, given] = /^Bearer +([!-~]+)$/i.exec(authorization ?? "") ?? [];
    if (given === undefined) return { kind: "missing" };
    const [fullAt, waitMs] = takeToken(this.#fullAt, now, GUESS_MS, SLACK_MS);
    if (waitMs > 0 && !this.#remembered.has(address)) return { kind: "limited", waitMs };
    const identity = identityOf(given, tokens);
    if (identity === undefined) {
      this.#fullAt = fullAt;
      this.#remembered.delete(address);
      return { kind: "wrong" };
    }
    this.#remember(address);
    return identity;
  }

  #remember(address: string): void {
    this.#remembered.delete(address); // if it is there, it becomes the last to make room
    if (this.#remembered.size >= MAX_REMEMBERED) {
      this.#remembered.delete(this.#remembered.values().next().value!);
    }
    this.#remembered.add(address);
  }
}

/** Both are compared in any case, so that the time tells nothing of which one it is. */
function identityOf(given: string, { token, readToken }: Tokens): Identity | undefined {
  const isReader = readToken !== undefined && isSame(given, readToken);
  const isOperator = token !== undefined && isSame(given, token);
  // If both are the same, whoever has the one for reading must not be able to change anything.
  return isReader ? READER : isOperator ? OPERATOR : undefined;
}

/** Compares two texts in a time that depends on the length of the given one alone. */
function isSame(given: string, secret: string): boolean {
  let difference = given.length ^ secret.length;
  for (let i = 0; i < given.length; i++) {
    difference |= given.charCodeAt(i) ^ secret.charCodeAt(i % secret.length);
  }
  return difference === 0;
}
