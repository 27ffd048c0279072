/**
 * A listener of the web engine, and how it is drained without cutting requests off.
 *
 * Deno's `shutdown()` stops accepting and lets responses finish, but it fails request bodies that are
 * still arriving (denoland/deno#36809) and may hang. So it is called once no upload is under way; until
 * then new requests are served, and their responses close the connection.
 */
import { listen, type Listening } from "../../net/http_server.ts";
import type { ListenerAddress } from "../engine.ts";
import { runFor, waitUntil } from "../shared/drain.ts";
import type { Listener } from "../shared/listeners.ts";
import { fallbackHost } from "./fallback_host.ts";
import type { Handler, Source } from "./handler.ts";
import type { RequestBody } from "./request_body.ts";
import { BrokenBody } from "./response_body.ts";

export interface WebListenerOptions {
  readonly reusePort: boolean;
  /** What handles requests: a reload puts another handler in its place. */
  readonly serving: { readonly handler: Handler };
  readonly onError: (error: unknown) => void;
  readonly onWarning: (warning: string) => void;
}

export class WebListener implements Listener, Source {
  name: string;
  readonly hostname: string;
  readonly mode: number | undefined;
  readonly scheme = "http";
  readonly isUnix: boolean;
  readonly hostIfMissing: string;
  draining = false;
  readonly #listening: Listening;
  readonly #uploads = new Set<RequestBody>();

  /** @throws if the address cannot be listened on */
  constructor({ name, hostname, port, unix }: ListenerAddress, options: WebListenerOptions) {
    const { reusePort, serving, onError, onWarning } = options;
    this.name = name;
    this.hostname = hostname;
    this.mode = unix?.mode;
    this.isUnix = unix !== undefined;
    this.#listening = listen({
      hostname,
      port,
      unix,
      reusePort,
      onError: (error) => {
        if (!(error instanceof BrokenBody)) onError(error);
        return serving.handler.answerFault(this.draining);
      },
      onWarning,
    }, (request, info) => serving.handler.handle(request, info, this));
    this.hostIfMissing = fallbackHost(this.address);
  }

  get address(): Deno.NetAddr {
    return this.#listening.address;
  }

  get finished(): Promise<void> {
    return this.#listening.finished;
  }

  adopt({ name }: ListenerAddress): void {
    this.name = name;
  }

  discard(): void {
    this.#listening.shutdown();
  }

  beginUpload(body: RequestBody | undefined): void {
    if (body !== undefined) this.#uploads.add(body);
  }

  /** What did not come of a body is given up. */
  endUpload(body: RequestBody | undefined): void {
    if (body === undefined) return;
    this.#uploads.delete(body);
    if (!body.complete) body.cancel();
  }

  /**
   * Stops it: from now on every response closes its connection. After the grace it accepts no more, and waits
   * for the requests in flight.
   *
   * @param deadline for all of it, on the clock of performance.now()
   * @param grace how long connections are still accepted, in milliseconds
   */
  async drain(deadline: number, grace: number): Promise<void> {
    this.draining = true;
    await runFor(grace, deadline);
    await waitUntil(() => !this.#isUploading(), deadline);
    let stopped = false;
    this.#listening.shutdown().then(() => stopped = true);
    await waitUntil(() => stopped, deadline);
  }

  #isUploading(): boolean {
    return [...this.#uploads].some((body) => !body.complete);
  }
}
