/**
 * Deno.serve, started again if its listener breaks.
 *
 * A single failed accept, as happens while the process has no file descriptor left, ends Deno.serve's
 * listener for good, while its connections go on (tests/net/http_server_test.ts). So a new listener takes
 * its place as soon as there is a descriptor for it.
 */
import { delay } from "@std/async/delay";
import { plainMessage } from "./plain_message.ts";
import { placeSocket } from "./unix_listening.ts";

export interface ListenOptions {
  readonly hostname: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** A unix socket, in place of a host and a port. */
  readonly unix?: { readonly path: string; readonly mode: number | undefined } | undefined;
  /** For TLS, in PEM; undefined for none. Not for a unix socket, where Deno would leave it out. */
  readonly certificate?: { readonly cert: string; readonly key: string } | undefined;
  /** Whether other workers listen on the same port. */
  readonly reusePort?: boolean;
  /** Makes the response if the handler throws. */
  readonly onError: (error: unknown) => Response;
  /** Called each time the listener breaks, or cannot be started again. */
  readonly onWarning: (warning: string) => void;
}

export interface Listening {
  readonly address: Deno.NetAddr;
  /** Resolves when it serves no more. */
  readonly finished: Promise<void>;
  /** Stops accepting; resolves once all requests in flight are answered. */
  shutdown(): Promise<void>;
}

/** How long to wait before the next attempt to listen again. */
const RETRY_MS = 100;

/** Serves until it is shut down. @throws if the address cannot be listened on */
export function listen(
  { hostname, port, unix, certificate, reusePort = false, onError, onWarning }: ListenOptions,
  handler: Deno.ServeHandler<Deno.NetAddr | Deno.UnixAddr>,
): Listening {
  const common = { onListen: () => {}, onError };
  const tls = certificate && { cert: certificate.cert, key: certificate.key };
  const serve = (port: number) => {
    if (unix === undefined) {
      const listening = Deno.serve({ hostname, port, reusePort, ...tls, ...common }, handler);
      return { listening, remove() {} };
    }
    return placeSocket<Deno.HttpServer<Deno.NetAddr | Deno.UnixAddr>>(
      unix.path,
      unix.mode,
      (path) => Deno.serve({ path, ...common }, handler),
      (server) => server.shutdown(),
    );
  };
  let { listening: server, remove } = serve(port);
  const address: Deno.NetAddr = "port" in server.addr
    ? server.addr
    : { transport: "tcp", hostname, port: 0 };
  const stopping = new AbortController();
  const { signal } = stopping;

  async function keepServing(): Promise<void> {
    while (!signal.aborted) {
      try {
        await server.finished;
        return;
      } catch (error) {
        if (signal.aborted) return;
        onWarning(`the listener broke, listening again: ${plainMessage(error)}`);
        await serveAgain();
      }
    }
  }

  async function serveAgain(): Promise<void> {
    while (!signal.aborted) {
      try {
        ({ listening: server, remove } = serve(address.port));
        return;
      } catch (error) {
        onWarning(`cannot listen again for now: ${plainMessage(error)}`);
        await delay(RETRY_MS, { signal }).catch(() => {}); // it rejects only if aborted
      }
    }
  }

  return {
    address,
    finished: keepServing(),
    async shutdown() {
      stopping.abort();
      remove();
      await server.shutdown().catch(() => {}); // a listener that broke has stopped already
    },
  };
}
