/**
 * Sticky sessions (`sticky.cookie`): a cookie ties a client to the backend that answered it first, for
 * services that keep sessions in memory.
 *
 * The cookie's value is a token: the HMAC-SHA-256 of the backend's stable id. It names the same backend
 * after a restart and for every balancer with the same secret, does not reveal the backend's address,
 * and cannot be forged without the secret. There is one token per backend, so all are computed at the
 * start, and a request costs no more than a look-up.
 */
import { createHmac } from "node:crypto";
import type { Backend } from "../backends/backend.ts";
import { cookieValues } from "../http/cookies.ts";
import type { RequestFacts } from "../request_facts.ts";

export interface StickyOptions {
  readonly backends: readonly Backend[];
  /** The cookie's name. */
  readonly cookie: string;
  /** If undefined, one is derived from the cookie's name. It stays the same over restarts, too, but anyone
   * who knows a backend's address can forge its cookie. */
  readonly secret: string | undefined;
  /** Whether the client's connection is encrypted: then the cookie must only be sent on such ones. */
  readonly isSecure: (request: RequestFacts) => boolean;
}

/** 22 characters hold 132 bits, which cannot be guessed. */
const TOKEN_LENGTH = 22;

export class Sticky {
  readonly #cookie: string;
  readonly #isSecure: (request: RequestFacts) => boolean;
  readonly #backends: ReadonlyMap<string, Backend>;
  readonly #tokens: ReadonlyMap<Backend, string>;

  constructor({ backends, cookie, secret, isSecure }: StickyOptions) {
    const key = secret ?? `roundabout ${cookie}`;
    const entries = backends.map((backend) => [backend, computeToken(backend, key)] as const);
    this.#cookie = cookie;
    this.#isSecure = isSecure;
    this.#tokens = new Map(entries);
    this.#backends = new Map(entries.map(([backend, token]) => [token, backend]));
  }

  /** The backend that a request's cookie names; undefined if there is no cookie or no such backend. */
  findBackend(request: RequestFacts): Backend | undefined {
    for (const value of cookieValues(request.header("cookie"), this.#cookie)) {
      const backend = this.#backends.get(value);
      if (backend !== undefined) return backend;
    }
    return undefined;
  }

  /** The Set-Cookie that ties the client to a backend; undefined if the client is tied to it already. */
  cookieFor(request: RequestFacts, backend: Backend): string | undefined {
    if (this.findBackend(request) === backend) return undefined;
    const secure = this.#isSecure(request) ? "; Secure" : "";
    return `${this.#cookie}=${this.#tokens.get(backend)}; Path=/; HttpOnly; SameSite=Lax${secure}`;
  }
}

function computeToken({ id }: Backend, key: string): string {
  return createHmac("sha256", key).update(id).digest("base64url").slice(0, TOKEN_LENGTH);
}
