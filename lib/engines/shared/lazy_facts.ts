/** What routing asks of a request, found only if some route asks for it. */
import { clientAddressOf, type IsTrusted } from "../../http/trusted_proxies.ts";
import type { RequestFacts } from "../../request_facts.ts";
import type { RoutingFacts } from "../../routing/facts.ts";
import type { GuardedRequest } from "../../routing/guards.ts";

/** What an engine knows of a request. */
interface KnownFacts extends RequestFacts {
  /** The name of the listener that it came in at. */
  readonly listener: string;
  /** Bytes of its body, if Content-Length says so. */
  readonly contentLength: number | undefined;
}

export class LazyFacts implements RoutingFacts, GuardedRequest {
  readonly #request: KnownFacts;
  readonly #isTrusted: IsTrusted;

  constructor(request: KnownFacts, isTrusted: IsTrusted) {
    this.#request = request;
    this.#isTrusted = isTrusted;
  }

  get method(): string {
    return this.#request.method;
  }

  get host(): string {
    return this.#request.host;
  }

  get path(): string {
    return this.#request.path;
  }

  get listener(): string {
    return this.#request.listener;
  }

  get client(): string {
    return clientAddressOf(this.#request, this.#isTrusted);
  }

  get contentLength(): number | undefined {
    return this.#request.contentLength;
  }

  header(name: string): string | undefined {
    return this.#request.header(name);
  }
}
