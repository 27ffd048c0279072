/**
 * A listener of the web engine, and how it is drained without cutting requests off.
 *
 * Deno's `shutdown()` stops accepting and lets responses finish, but it fails request bodies that are
 * still arriving (denoland/deno#36809), closes WebSockets, and may hang. So it is called once no upload is
 * under way and no WebSocket open; until then new requests are served, and their responses close the
 * connection.
 */
import { listen, type Listening } from "../../net/http_server.ts";
import { hstsValue } from "../../http/hsts.ts";
import type { Scheme } from "../../http/peer.ts";
import type { Certificate, ListenerAddress, TlsSettings } from "../engine.ts";
import { runFor, waitUntil } from "../shared/drain.ts";
import type { Listener } from "../shared/listeners.ts";
import { fallbackHost } from "./fallback_host.ts";
import type { Handler, Source } from "./handler.ts";
import type { WebRequest } from "./request.ts";
import type { RequestBody } from "./request_body.ts";
import { BrokenBody } from "./response_body.ts";
import type { Tunnels } from "./tunnels.ts";

/** How long TLS handshakes may still take once nothing is accepted any more, in milliseconds. */
const HANDSHAKE_MS = 1_000;

export interface WebListenerOptions {
  readonly reusePort: boolean;
  /** What handles requests: a reload puts another handler in its place. */
  readonly serving: { readonly handler: Handler };
  readonly tunnels: Tunnels;
  readonly onError: (error: unknown) => void;
  readonly onWarning: (warning: string) => void;
}

export class WebListener implements Listener, Source {
  name: string;
  readonly hostname: string;
  readonly mode: number | undefined;
  readonly scheme: Scheme;
  readonly isUnix: boolean;
  readonly hostIfMissing: string;
  hsts: string | undefined;
  draining = false;
  /** What it proves to be; undefined without TLS. */
  readonly #certificate: Certificate | undefined;
  readonly #tunnels: Tunnels;
  readonly #listening: Listening;
  readonly #uploads = new Set<RequestBody>();
  /** In flight. */
  #requests = 0;
  /** Those that ask for a WebSocket, or have one. */
  #sockets = 0;

  /** @throws if the address cannot be listened on */
  constructor(wanted: ListenerAddress, options: WebListenerOptions) {
    const { name, hostname, port, unix, tls } = wanted;
    const { reusePort, serving, tunnels, onError, onWarning } = options;
    this.name = name;
    this.hostname = hostname;
    this.mode = unix?.mode;
    this.isUnix = unix !== undefined;
    this.scheme = tls === undefined ? "http" : "https";
    this.hsts = hstsOf(tls);
    this.#certificate = certificateOf(tls);
    this.#tunnels = tunnels;
    this.#listening = listen(
      {
        hostname,
        port,
        unix,
        certificate: this.#certificate,
        reusePort,
        onError: (error) => {
          if (!(error instanceof BrokenBody)) onError(error);
          return serving.handler.answerFault(this);
        },
        onWarning,
      },
      (request, info) => serving.handler.handle(request, info, this),
    );
    this.hostIfMissing = fallbackHost(this.address, this.scheme);
  }

  get address(): Deno.NetAddr {
    return this.#listening.address;
  }

  get finished(): Promise<void> {
    return this.#listening.finished;
  }

  /** Deno.serve keeps its certificate: for another one, another listener takes its place. */
  canAdopt({ tls }: ListenerAddress): boolean {
    const wanted = certificateOf(tls);
    return wanted?.cert === this.#certificate?.cert && wanted?.key === this.#certificate?.key;
  }

  adopt({ name, tls }: ListenerAddress): void {
    this.name = name;
    this.hsts = hstsOf(tls);
  }

  discard(): void {
    this.#listening.shutdown();
  }

  begin({ webSocket }: WebRequest, body: RequestBody | undefined): void {
    this.#requests++;
    if (webSocket !== undefined) this.#sockets++;
    if (body !== undefined) this.#uploads.add(body);
  }

  /** What did not come of a body is given up. */
  end({ webSocket }: WebRequest, body: RequestBody | undefined): void {
    this.#requests--;
    if (webSocket !== undefined) this.#sockets--;
    if (body === undefined) return;
    this.#uploads.delete(body);
    if (!body.complete) body.cancel();
  }

  /**
   * Stops it: from now on every response closes its connection. After the grace, and once no upload is under
   * way and no WebSocket open, it accepts no more, and waits for the requests in flight.
   *
   * @param deadline for all of it, on the clock of performance.now()
   * @param grace how long connections are still accepted, in milliseconds
   */
  async drain(deadline: number, grace: number): Promise<void> {
    this.draining = true;
    await runFor(grace, deadline);
    await waitUntil(() => !this.#isUploading() && this.#sockets === 0, deadline);
    await this.#tunnels.cutOff(this);
    let stopped = false;
    this.#listening.shutdown().then(() => stopped = true);
    const since = performance.now();
    await waitUntil(() => stopped || this.#hasOnlyHandshakes(since), deadline);
  }

  /**
   * Whether all that is left are TLS handshakes which clients do not go on with: shutdown() waits for them,
   * and Deno gives them all the time they want.
   */
  #hasOnlyHandshakes(since: number): boolean {
    return this.scheme === "https" && this.#requests === 0 &&
      performance.now() > since + HANDSHAKE_MS;
  }

  #isUploading(): boolean {
    return [...this.#uploads].some((body) => !body.complete);
  }
}

/** The only one: the rules of the configuration allow no more with this engine. */
function certificateOf(tls: TlsSettings | undefined): Certificate | undefined {
  return tls?.certificates[0];
}

function hstsOf(tls: TlsSettings | undefined): string | undefined {
  return tls?.hstsSeconds === undefined ? undefined : hstsValue(tls.hstsSeconds);
}
