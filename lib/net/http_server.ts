/**
 * Deno.serve, and again where it breaks.
 *
 * A single accept that fails, as all do while the process has no file descriptor left, ends Deno.serve's
 * listener for good; the connections that it has go on (tests/net/http_server_test.ts). So another one
 * listens in its place, as soon as there is a descriptor for it.
 */
export interface ListenOptions {
  readonly hostname: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Whether others listen there, too. */
  readonly reusePort?: boolean;
  /** Makes the response where the handler threw. */
  readonly onError: (error: unknown) => Response;
  /** Told each time the listener breaks. */
  readonly onWarning: (warning: string) => void;
}

export interface Listening {
  readonly address: Deno.NetAddr;
  /** Settles when it serves no more. */
  readonly finished: Promise<void>;
  /** Stops accepting; resolves once what is in flight has been answered. */
  shutdown(): Promise<void>;
}

/** How long it rests before it tries to listen again, in milliseconds. */
const PAUSE_MS = 100;

/** Serves until it is shut down. @throws where the address cannot be listened on */
export function listen(
  { hostname, port, reusePort = false, onError, onWarning }: ListenOptions,
  handler: Deno.ServeHandler<Deno.NetAddr>,
): Listening {
  const serve = (port: number) =>
    Deno.serve({ hostname, port, reusePort, onListen: () => {}, onError }, handler);
  let server = serve(port);
  const address = server.addr;
  let stopping = false;

  async function keepServing(): Promise<void> {
    while (!stopping) {
      try {
        await server.finished;
        return;
      } catch (error) {
        if (stopping) return;
        onWarning(`the listener broke, listening again: ${(error as Error).message}`);
        await serveAgain();
      }
    }
  }

  async function serveAgain(): Promise<void> {
    while (!stopping) {
      try {
        server = serve(address.port);
        return;
      } catch (error) {
        onWarning(`cannot listen again for now: ${(error as Error).message}`);
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    }
  }

  return {
    address,
    finished: keepServing(),
    async shutdown() {
      stopping = true;
      await server.shutdown().catch(() => {}); // a listener that broke has stopped, too
    },
  };
}
