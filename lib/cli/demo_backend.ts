/** A backend to try things out with: every response has its name; it can be stopped, started and slow. */
import { delay } from "@std/async/delay";
import { formatHostPort } from "../net/host_port.ts";

export interface DemoBackend {
  readonly name: string;
  /** Where it listens, or did before it was stopped. */
  readonly address: string;
  /** From now on connections are refused. Resolves when all that was in flight is answered. */
  stop(): Promise<void>;
  /**
   * Says that it leaves before it does: for {@linkcode LEAVE_MS} it serves on, answers 503 at /healthz, and
   * closes connections with its responses. Then it is stopped.
   */
  leave(): Promise<void>;
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

/** How long a backend that leaves serves on, in milliseconds: probes and clients learn of it meanwhile. */
export const LEAVE_MS = 3_000;

/** Starts a demo backend. @throws if the address cannot be listened on */
export function startDemoBackend(options: DemoBackendOptions): DemoBackend {
  const { name, hostname, port, wait = delay } = options;
  let isSlow = false;
  let isLeaving = false;
  let server: Deno.HttpServer<Deno.NetAddr> | undefined = listen(port);
  const { addr } = server;

  function listen(port: number) {
    return Deno.serve({ hostname, port, onListen: () => {} }, async ({ url }) => {
      if (isSlow) await wait(SLOW_MS);
      const headers = { "x-backend": name, ...(isLeaving && { connection: "close" }) };
      const isWell = !isLeaving || new URL(url).pathname !== "/healthz";
      return isWell
        ? new Response(`Hello from ${name}\n`, { headers })
        : new Response(`${name} leaves\n`, { headers, status: 503 });
    });
  }

  async function stop(): Promise<void> {
    const stopping = server;
    server = undefined;
    await stopping?.shutdown();
  }

  return {
    name,
    address: formatHostPort(hostname, addr.port),
    stop,
    async leave() {
      isLeaving = true;
      await wait(LEAVE_MS);
      await stop();
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
