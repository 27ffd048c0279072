/**
 * Sticky sessions (`STICKY_COOKIE`): a cookie ties a client to the backend that answered it first, for
 * services that keep a session in memory.
 *
 * The cookie holds the HMAC-SHA-256 of the backend's stable id. So it names the backend after a restart
 * and for every balancer with the same secret, tells nobody what backends there are, and cannot be made
 * by who does not know the secret. And as there is one per backend, all are computed at the start: for a
 * request the cookie is read and looked up, before and after its way to the backend.
 */
import { createHmac } from "node:crypto";
import type { Backend } from "../backends/backend.ts";
import { cookieValues } from "../http/cookies.ts";
import type { RequestFacts } from "../request_facts.ts";

export interface StickyOptions {
  readonly backends: readonly Backend[];
  /** The cookie's name. */
  readonly cookie: string;
  /** Undefined takes one that is derived from the cookie's name. That holds over restarts, too, but who
   * knows a backend's address can make its cookie. */
  readonly secret: string | undefined;
  /** Whether a client's connection is encrypted, so that its cookie must never leave on another. */
  readonly isSecure: (request: RequestFacts) => boolean;
}

/** 128 bits are beyond guessing, and short. */
const TOKEN_LENGTH = 22;

export class Sticky {
  readonly #cookie: string;
  readonly #isSecure: (request: RequestFacts) => boolean;
  readonly #backends: ReadonlyMap<string, Backend>;
  readonly #tokens: ReadonlyMap<Backend, string>;

  constructor({ backends, cookie, secret, isSecure }: StickyOptions) {
    const key = secret ?? `roundabout ${cookie}`;
    const named = backends.map((backend) => [backend, tokenOf(backend, key)] as const);
    this.#cookie = cookie;
    this.#isSecure = isSecure;
    this.#tokens = new Map(named);
    this.#backends = new Map(named.map(([backend, token]) => [token, backend]));
  }

  /** The backend that a request's cookie names; undefined where there is none, or it is not ours. */
  findBackend(request: RequestFacts): Backend | undefined {
    for (const value of cookieValues(request.header("cookie"), this.#cookie)) {
      const backend = this.#backends.get(value);
      if (backend !== undefined) return backend;
    }
    return undefined;
  }

  /** What Set-Cookie must say so that the client comes back to a backend; undefined where it will. */
  cookieFor(request: RequestFacts, backend: Backend): string | undefined {
    if (this.findBackend(request) === backend) return undefined;
    const secure = this.#isSecure(request) ? "; Secure" : "";
    return `${this.#cookie}=${this.#tokens.get(backend)}; Path=/; HttpOnly; SameSite=Lax${secure}`;
  }
}

function tokenOf({ id }: Backend, key: string): string {
  return createHmac("sha256", key).update(id).digest("base64url").slice(0, TOKEN_LENGTH);
}
