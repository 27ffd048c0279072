/** What the demo is told to do to its backends: `POST /users-2/stop`, `/start` or `/slow`. */
import { STATUS_CODE } from "@std/http/status";
import { type DemoBackend, SLOW_MS } from "./demo_backend.ts";

/** What can be done to a backend, and what it does from then on. */
const ACTIONS = {
  stop: [(backend: DemoBackend) => void backend.stop(), "refuses connections"],
  start: [(backend: DemoBackend) => backend.start(), "answers at once"],
  slow: [(backend: DemoBackend) => backend.slow(), `takes ${SLOW_MS / 1000} s for each answer`],
} as const;

/** Listens on loopback at any free port. @param report called with what a backend does from now on */
export function serveDemoControl(
  backends: readonly DemoBackend[],
  report: (message: string) => void,
): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => control(request, backends, report),
  );
}

function control(
  { method, url }: Request,
  backends: readonly DemoBackend[],
  report: (message: string) => void,
): Response {
  const { pathname, href } = new URL(url);
  const [, name, verb = ""] = /^\/([^/]+)\/([a-z]+)$/.exec(pathname) ?? [];
  const backend = backends.find((backend) => backend.name === name);
  if (backend === undefined || !Object.hasOwn(ACTIONS, verb)) {
    const names = backends.map(({ name }) => name).join(" or ");
    const verbs = Object.keys(ACTIONS).join(" or ");
    return text(STATUS_CODE.NotFound, `not found: use /NAME/VERB, with ${names}, and ${verbs}`);
  }
  if (method !== "POST") {
    return text(STATUS_CODE.MethodNotAllowed, `use POST: curl -X POST ${href}`, { allow: "POST" });
  }
  const [act, effect] = ACTIONS[verb as keyof typeof ACTIONS];
  act(backend);
  report(`${backend.name} ${effect}`);
  return text(STATUS_CODE.OK, `${backend.name} ${effect}`);
}

function text(status: number, body: string, headers: Record<string, string> = {}): Response {
  return new Response(`${body}\n`, { status, headers });
}
