/** A backend to try things out with: every response has its name; it can be stopped, started and slow. */
import { delay } from "@std/async/delay";
import { formatHostPort } from "../net/host_port.ts";

export interface DemoBackend {
  readonly name: string;
  /** Where it listens, or did before it was stopped. */
  readonly address: string;
  /** From now on connections are refused. Resolves when all that was in flight is answered. */
  stop(): Promise<void>;
  /** It listens again, at the same address, and is not slow any more. */
  start(): void;
  /** From now on each response takes {@linkcode SLOW_MS}. */
  slow(): void;
}

export interface DemoBackendOptions {
  readonly name: string;
  readonly hostname: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** How a slow one passes the time. */
  readonly wait?: (milliseconds: number) => Promise<void>;
}

/** How long a slow backend takes for each response, in milliseconds. */
export const SLOW_MS = 2_000;

/** Starts a demo backend. @throws if the address cannot be listened on */
export function startDemoBackend(options: DemoBackendOptions): DemoBackend {
  const { name, hostname, port, wait = delay } = options;
  let isSlow = false;
  let server: Deno.HttpServer<Deno.NetAddr> | undefined = listen(port);
  const { addr } = server;

  function listen(port: number) {
    return Deno.serve({ hostname, port, onListen: () => {} }, async () => {
      if (isSlow) await wait(SLOW_MS);
      return new Response(`Hello from ${name}\n`, { headers: { "x-backend": name } });
    });
  }

  return {
    name,
    address: formatHostPort(hostname, addr.port),
    async stop() {
      const stopping = server;
      server = undefined;
      await stopping?.shutdown();
    },
    start() {
      isSlow = false;
      server ??= listen(addr.port);
    },
    slow() {
      isSlow = true;
    },
  };
}
