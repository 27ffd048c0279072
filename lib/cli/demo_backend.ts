/** A backend to try things out with: names itself in every answer, and can be told to stop. */

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
  /** What `POST /stop` does; undefined where it cannot be stopped that way. */
  readonly onStopRequest?: () => void;
}

/** Starts it. @throws where the address cannot be listened on */
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
