/** An admin port whose balancer is made up by the test. */
import type { Changed, Control, Reloaded } from "../../lib/admin/control.ts";
import { type AdminOptions, serveAdmin } from "../../lib/admin/server.ts";
import type { BackendStatus, CertificateStatus, Status } from "../../lib/admin/status.ts";
import { Wheel } from "../../lib/time/timer_wheel.ts";
import { connectSecurely, LOCALHOST_TLS } from "./certificates.ts";
import { exchange } from "./raw_client.ts";

const AT = "2026-11-26T13:10:09.000Z";

export function sampleBackend(id: string, more: Partial<BackendStatus> = {}): BackendStatus {
  return {
    id,
    url: id,
    source: id,
    weight: 1,
    configuredWeight: 1,
    backup: false,
    state: "in use",
    reason: null,
    since: null,
    inFlight: 0,
    attempts: 0,
    failures: 0,
    latencyMs: null,
    setByHand: false,
    ...more,
  };
}

/** The one of its listener. */
const CERTIFICATE: CertificateStatus = {
  names: ["www.example.com", "example.com"],
  notAfter: "2027-01-19T12:00:00.000Z",
  daysLeft: 52,
  issuer: "R11",
  fingerprint: Array(32).fill("AB").join(":"),
};
export function sampleStatus(more: Partial<Status> = {}): Status {
  return {
    version: "0.1.0",
    instance: "edge-1",
    engine: "tcp",
    startedAt: AT,
    ready: true,
    problem: null,
    draining: false,
    workers: [{ number: 1, serving: true }, { number: 2, serving: false }],
    configuration: {
      number: 4,
      since: AT,
      file: "/etc/roundabout.jsonc",
      lastReload: { at: AT, result: "applied", problems: [] },
      reloads: { applied: 3, unchanged: 1, refused: 2 },
    },
    listeners: [{ name: "http", address: "0.0.0.0:5000", certificates: [CERTIFICATE] }],
    admin: { certificates: [] },
    acme: [{
      listeners: ["http"],
      names: ["example.com", "www.example.com"],
      directory: "https://ca.example/directory",
      notAfter: "2027-01-19T12:00:00.000Z",
      renewAt: "2026-12-20T12:00:00.000Z",
      ordering: false,
      problem: null,
      retryAt: null,
    }],
    inFlight: 7,
    pools: [
      {
        name: "users",
        policy: "round_robin",
        usable: true,
        backends: [
          sampleBackend("http://users-1:5000", { inFlight: 3, attempts: 1200, latencyMs: 12.5 }),
          sampleBackend("http://users-2:5000/base", {
            state: "ejected",
            reason: "connection_refused",
            since: AT,
            attempts: 40,
            failures: 5,
          }),
        ],
        discovery: [{
          source: "dns+http://users:5000",
          lastSuccess: AT,
          problem: null,
          addresses: 2,
        }],
      },
      { name: "next", policy: "p2c", usable: false, backends: [], discovery: [] },
    ],
    routes: [{
      id: "api",
      pools: ["users"],
      requests: [
        { pool: "users", status: "2xx", count: 1195 },
        { pool: null, status: "4xx", count: 2 },
      ],
    }],
    localReplies: [{ status: 503, count: 2 }],
    ...more,
  };
}

/** A balancer that does what the test says, and remembers what was asked of it. */
export class ScriptedControl implements Control {
  readonly asked: string[] = [];
  current: Status = sampleStatus();
  onStop: () => void = () => {};
  onReload: () => Reloaded | Promise<Reloaded> = () => ({
    kind: "applied",
    number: 4,
    changes: [],
  });
  readonly drain = (pool: string, backend: string) =>
    this.#change("drain", pool, backend, { state: "draining" });
  readonly ready = (pool: string, backend: string) =>
    this.#change("ready", pool, backend, { state: "in use" });
  readonly setWeight = (pool: string, backend: string, weight: number) =>
    this.#change(`weight ${weight}`, pool, backend, { weight });
  readonly status = () => this.current;
  readonly stop = () => {
    this.asked.push("stop");
    this.onStop();
  };
  readonly reload = async () => {
    this.asked.push("reload");
    return await this.onReload();
  };

  readonly preview = async () => {
    this.asked.push("preview");
    return await this.onReload();
  };

  /** Changes what the status says of a backend. */
  set(backend: string, change: Partial<BackendStatus>): void {
    const pools = this.current.pools.map((pool) => ({
      ...pool,
      backends: pool.backends.map((found) =>
        found.id === backend ? { ...found, ...change } : found
      ),
    }));
    this.current = { ...this.current, pools };
  }

  // deno-lint-ignore require-await
  async #change(
    what: string,
    name: string,
    id: string,
    change: Partial<BackendStatus>,
  ): Promise<Changed> {
    if (this.current.draining) return { kind: "stopping" };
    const pool = this.current.pools.find((pool) => pool.name === name);
    if (pool === undefined) {
      return { kind: "unknown pool", pools: this.current.pools.map(({ name }) => name) };
    }
    const backend = pool.backends.find((backend) => backend.id === id);
    if (backend === undefined) {
      return { kind: "unknown backend", backends: pool.backends.map(({ id }) => id) };
    }
    this.asked.push(`${what} ${name} ${id}`);
    this.set(id, change);
    const { inFlight, state, weight } = { ...backend, ...change };
    return { kind: "changed", inFlight, draining: state === "draining", weight };
  }
}

/** An admin port whose state the test sets. */
export function startTestAdmin(
  { token, readToken, hostname = "127.0.0.1", port: wanted = 0, unix, isSecure, ...options }:
    & Partial<AdminOptions>
    & {
      token?: string;
      readToken?: string;
      port?: number;
      /** The path of a unix socket, in place of both. */
      unix?: string;
      /** Whether it speaks TLS, with the certificate of tests for localhost. */
      isSecure?: boolean;
    } = {},
) {
  const state: { unreadiness?: string; fault?: string } = {};
  const errors: unknown[] = [];
  const control = new ScriptedControl();
  const listener = unix === undefined
    ? Deno.listen({ hostname, port: wanted })
    : Deno.listen({ transport: "unix", path: unix });
  const admin = serveAdmin({
    listener,
    hostname,
    control,
    tokens: () => ({ token, readToken }),
    fault: () => state.fault,
    unreadiness: () => state.unreadiness,
    onError: (error) => errors.push(error),
    onWarning: (warning) => errors.push(warning),
    ...isSecure && { tls: { wheel: new Wheel(0), settings: () => LOCALHOST_TLS } },
    ...options,
  });
  const port = "port" in listener.addr ? listener.addr.port : 0;
  const url = `http://127.0.0.1:${port}`;
  return {
    port,
    url,
    state,
    control,
    errors,
    async ask(path: string, init?: RequestInit) {
      const response = await fetch(url + path, init);
      return [response.status, await response.text(), response.headers.get("cache-control")];
    },
    /** With the body as JSON. */
    async call(method: string, path: string, init: RequestInit = {}) {
      const response = await fetch(url + path, { method, ...init });
      const { status, headers } = response;
      return { status, headers, body: await response.json() };
    },
    /** Sends these bytes. @returns the status of each response */
    async statusesFor(text: string) {
      return (await exchange(port, text)).map(({ status }) => status);
    },
    /** Connects as a client that knows it. */
    async connect(): Promise<Deno.Conn> {
      if (isSecure) return await connectSecurely(port);
      return unix === undefined
        ? await Deno.connect({ hostname: "127.0.0.1", port })
        : await Deno.connect({ transport: "unix", path: unix });
    },
    release: () => admin.release(),
    [Symbol.dispose]: () => admin.shutdown(),
  };
}
