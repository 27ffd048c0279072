/** Requests to an authority: within a time limit, and with bounded answers. */
import { plainMessage } from "../net/plain_message.ts";
import type { Wheel } from "../time/timer_wheel.ts";
import { AcmeFailure } from "./failure.ts";
import { checkedUrl } from "./resources.ts";
import { TimeLimit } from "./waiting.ts";

/** How long one request may take, in milliseconds; Let's Encrypt answers within seconds. */
const REQUEST_LIMIT_MS = 30_000;

/** The largest body that is read; chains have about 6 KiB. */
const MAX_BODY_BYTES = 256 * 1024;

const MAX_REDIRECTS = 3;

/** An idle connection may be closed by the other side at any time, which would fail the next request. */
const IDLE_MS = 5_000;

/** What fetch says before the reason, and where rustls refers its authors to. */
const NOT_THE_REASON = /^.* client error \(\w+\)(?:: )?|: https:\/\/docs\.rs\/\S+/gs;

export interface AcmeRequest {
  readonly method: "GET" | "HEAD" | "POST";
  readonly url: string;
  /** A signed message. */
  readonly body?: string;
  /** The type of answer that is wanted. */
  readonly accept?: string;
}

export interface AcmeResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export class Transport implements Disposable {
  readonly #client: Deno.HttpClient;
  readonly #wheel: Wheel;
  readonly #stopping: AbortSignal;

  /**
   * @param ca who signs the directory's certificate, beside those whom the system trusts, in PEM
   * @param stopping breaks off what is under way
   */
  constructor(wheel: Wheel, stopping: AbortSignal, ca?: string) {
    this.#wheel = wheel;
    this.#stopping = stopping;
    this.#client = Deno.createHttpClient({
      poolIdleTimeout: IDLE_MS,
      ...(ca !== undefined && { caCerts: [ca] }),
    });
  }

  /**
   * GET and HEAD follow a few redirects. A signed message names the URL that it is for, so it does not.
   *
   * @throws AcmeFailure if there is no answer; the reason of `stopping` if that is aborted
   */
  async send(request: AcmeRequest): Promise<AcmeResponse> {
    let { url } = request;
    for (let redirects = 0;; redirects++) {
      const response = await this.#exchange({ ...request, url });
      const location = response.headers.get("location");
      const isRedirect = response.status >= 300 && response.status < 400 && location !== null;
      if (!isRedirect) return response;
      if (request.method === "POST" || redirects === MAX_REDIRECTS) {
        throw new AcmeFailure("outage", `${url} redirects to ${location}, which is not followed`);
      }
      url = checkedUrl(new URL(location, url).href, url);
    }
  }

  async #exchange({ method, url, body, accept }: AcmeRequest): Promise<AcmeResponse> {
    using limit = new TimeLimit(this.#wheel, REQUEST_LIMIT_MS);
    const headers = {
      "user-agent": "Roundabout",
      "accept-language": "en",
      ...(body !== undefined && { "content-type": "application/jose+json" }),
      ...(accept !== undefined && { accept }),
    };
    try {
      const response = await fetch(url, {
        method,
        headers,
        ...(body !== undefined && { body }),
        redirect: "manual",
        signal: AbortSignal.any([limit.signal, this.#stopping]),
        client: this.#client,
      });
      return {
        status: response.status,
        headers: response.headers,
        text: await readText(response, url),
      };
    } catch (error) {
      this.#stopping.throwIfAborted();
      if (error instanceof AcmeFailure) throw error;
      if (limit.signal.aborted) {
        throw new AcmeFailure(
          "outage",
          `${url} did not answer within ${REQUEST_LIMIT_MS / 1_000}s`,
        );
      }
      throw new AcmeFailure("outage", `${url} cannot be reached: ${reasonOf(error)}`);
    }
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}

async function readText(response: Response, url: string): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let length = 0;
  for await (const piece of response.body ?? []) {
    length += piece.length;
    if (length > MAX_BODY_BYTES) {
      throw new AcmeFailure("outage", `${url} answered with more than ${MAX_BODY_BYTES} bytes`);
    }
    text += decoder.decode(piece, { stream: true });
  }
  return text + decoder.decode();
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return plainMessage(new Error(plainMessage(cause).replace(NOT_THE_REASON, "")));
}
