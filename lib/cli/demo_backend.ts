/** A backend to try things out with: every response has its name, and a request can stop it. */

export interface DemoBackend {
  readonly name: string;
  readonly url: string;
  stop(): Promise<void>;
}

export interface DemoBackendOptions {
  readonly name: string;
  readonly hostname: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Called on `POST /stop`; undefined if no request can stop it. */
  readonly onStopRequest?: () => void;
}

/** Starts a demo backend. @throws if the address cannot be listened on */
export function startDemoBackend(options: DemoBackendOptions): DemoBackend {
  const { name, hostname, port, onStopRequest } = options;
  const server = Deno.serve({ hostname, port, onListen: () => {} }, (request) => {
    const { pathname } = new URL(request.url);
    if (onStopRequest && request.method === "POST" && pathname === "/stop") {
      queueMicrotask(onStopRequest);
      return new Response(`${name} stops\n`);
    }
    return new Response(`Hello from ${name}\n`, { headers: { "x-backend": name } });
  });
  return {
    name,
    url: `http://${hostname}:${server.addr.port}`,
    stop: () => server.shutdown(),
  };
}
