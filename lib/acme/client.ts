/** Talks to an authority as an account: nonces, signatures, and what an error means (RFC 8555, 6). */
import type { AccountKey } from "./account_key.ts";
import { AcmeFailure } from "./failure.ts";
import { failureOf, isProblem, readProblem } from "./problem.ts";
import { checkedUrl, type Directory, readDirectory } from "./resources.ts";
import { readRetryAfter } from "./schedule.ts";
import type { AcmeResponse, Transport } from "./transport.ts";

/** Some authorities lose their nonces often; with six of ten rejected, one request in 27,000 fails. */
const MAX_NONCE_TRIES = 20;

export interface Post {
  /** For errors, behind "the authority did not": `make an order`. */
  readonly what: string;
  readonly url: string;
  /** Without it, the resource is only asked for (POST-as-GET, 6.3). */
  readonly payload?: unknown;
  readonly accept?: string;
}

export class AcmeClient {
  readonly #transport: Transport;
  readonly #key: AccountKey;
  readonly #wallClock: () => number;
  readonly #base: string;
  readonly directory: Directory;
  /** The account's URL, once it is known. */
  accountUrl: string | undefined;
  #nonce: string | undefined;

  private constructor(
    { transport, key, wallClock, url }: ClientOptions,
    directory: Directory,
  ) {
    this.#transport = transport;
    this.#key = key;
    this.#wallClock = wallClock;
    this.#base = url;
    this.directory = directory;
  }

  /** Reads the directory. */
  static async open(options: ClientOptions): Promise<AcmeClient> {
    const { transport, url, wallClock } = options;
    const response = await transport.send({ method: "GET", url });
    if (response.status !== 200) {
      throw failureOf("show its directory", response, retryAfterOf(response, wallClock()));
    }
    return new AcmeClient(options, readDirectory(response.text));
  }

  /** A URL that the authority named. */
  checked(url: string): string {
    return checkedUrl(url, this.#base);
  }

  /** How long the authority wants to be left alone, in milliseconds. */
  retryAfter(response: AcmeResponse): number | undefined {
    return retryAfterOf(response, this.#wallClock());
  }

  /** What proves that a token was answered by this account. */
  keyAuthorization(token: string): Promise<string> {
    return this.#key.keyAuthorization(token);
  }

  /** Sends a signed message. @throws AcmeFailure if it is not answered with success */
  async post({ what, url, payload, accept }: Post): Promise<AcmeResponse> {
    const checked = this.checked(url);
    for (let tries = 1;; tries++) {
      const nonce = this.#nonce ?? await this.#newNonce();
      this.#nonce = undefined;
      const body = await this.#key.sign(payload, {
        url: checked,
        nonce,
        accountUrl: this.accountUrl,
      });
      const response = await this.#transport.send({
        method: "POST",
        url: checked,
        body,
        ...(accept !== undefined && { accept }),
      });
      this.#nonce = response.headers.get("replay-nonce") ?? undefined;
      if (response.status >= 200 && response.status < 300) return response;
      if (!isBadNonce(response)) throw failureOf(what, response, this.retryAfter(response));
      if (tries === MAX_NONCE_TRIES) {
        const message = `the authority did not ${what}: it rejected ${tries} nonces in a row`;
        throw new AcmeFailure("outage", message, this.retryAfter(response));
      }
    }
  }

  async #newNonce(): Promise<string> {
    const url = this.checked(this.directory.newNonce);
    const response = await this.#transport.send({ method: "HEAD", url });
    const nonce = response.headers.get("replay-nonce");
    if (nonce !== null) return nonce;
    throw failureOf("send a nonce", response, this.retryAfter(response));
  }
}

export interface ClientOptions {
  readonly transport: Transport;
  readonly key: AccountKey;
  /** The time of day, in milliseconds since 1970. */
  readonly wallClock: () => number;
  /** Of the directory. */
  readonly url: string;
}

function isBadNonce({ status, text }: AcmeResponse): boolean {
  if (status < 400 || status >= 500) return false;
  const problem = readProblem(text);
  return problem !== undefined && isProblem(problem, "badNonce");
}

function retryAfterOf({ headers }: AcmeResponse, now: number): number | undefined {
  return readRetryAfter(headers.get("retry-after"), now);
}
