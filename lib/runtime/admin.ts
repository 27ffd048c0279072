/** The admin port of a running balancer. */
import manifest from "../../deno.json" with { type: "json" };
import type { Changed, Control } from "../admin/control.ts";
import { type Admin, serveAdmin } from "../admin/server.ts";
import type { BackendStatus, Status } from "../admin/status.ts";
import type { Tokens } from "../admin/tokens.ts";
import { textOf } from "../config/values/content.ts";
import type { Configuration } from "../config/model.ts";
import { formatHostPort } from "../net/host_port.ts";
import { bindOrExplain } from "../net/listen_error.ts";
import type { LogNotice } from "./messages.ts";
import type { Supervisor } from "./supervisor.ts";

/** What the admin port reports on. */
export interface Observed {
  readonly supervisor: Pick<Supervisor, "hanging" | "problem">;
  /** Whether any pool has a usable backend: as long as one has, requests should come here. */
  readonly isUsable: () => boolean;
  /** Reports for the log. */
  readonly report: (notice: LogNotice) => void;
  /** Whether all that has to be started is. */
  readonly hasStarted: () => boolean;
}

/**
 * Starts it.
 *
 * @returns undefined if it is off
 * @throws {ListenError} if the address cannot be listened on
 */
export function startAdmin(
  config: Configuration,
  { supervisor, isUsable, report, hasStarted }: Observed,
): Admin | undefined {
  const { admin } = config;
  if (admin?.port === undefined) return undefined;
  const { host: hostname, port } = admin;
  const unreadiness = () =>
    hasStarted()
      ? supervisor.problem ?? (isUsable() ? undefined : "no backend is usable")
      : "starting";
  const options = {
    hostname,
    port,
    control: controlOf(config, unreadiness),
    tokens: () => tokensOf(admin),
    fault: () => supervisor.hanging,
    unreadiness,
    onError: (error: unknown) =>
      report({ kind: "fault", message: `the admin port failed: ${error}` }),
    onWarning: (message: string) => report({ kind: "warning", message }),
  };
  return bindOrExplain("the admin port", [{ hostname, port }], () => serveAdmin(options));
}

/** Of a configuration that is loaded: the files of its secrets have been read. */
function tokensOf({ token, readToken }: NonNullable<Configuration["admin"]>): Tokens {
  return { token: token && textOf(token), readToken: readToken && textOf(readToken) };
}

/** What is known without the workers: the configuration that it started with, which stays as it is. */
function controlOf(config: Configuration, unreadiness: () => string | undefined): Control {
  const startedAt = new Date().toISOString();
  const pools = Object.keys(config.pools);
  const idsOf = (pool: string) =>
    config.pools[pool]!.backends.flatMap((backend) => "url" in backend ? [backend.url] : []);
  const change = (pool: string, _backend: string): Changed =>
    pools.includes(pool)
      ? { kind: "unknown backend", backends: idsOf(pool) }
      : { kind: "unknown pool", pools };
  return {
    status: () => statusOf(config, startedAt, unreadiness()),
    reload: () =>
      Promise.resolve({ kind: "refused", problems: ["changes need a restart of the balancer"] }),
    drain: change,
    ready: change,
    setWeight: change,
  };
}

function statusOf(config: Configuration, startedAt: string, problem: string | undefined): Status {
  return {
    version: manifest.version,
    instance: config.instance ?? "",
    engine: config.engine,
    startedAt,
    ready: problem === undefined,
    problem: problem ?? null,
    draining: problem === "draining",
    workers: [],
    configuration: {
      number: 1,
      since: startedAt,
      file: null,
      lastReload: null,
      reloads: { applied: 0, unchanged: 0, refused: 0 },
    },
    listeners: Object.entries(config.listeners).map(([name, { host, port }]) => ({
      name,
      address: formatHostPort(host, port),
      state: "listening",
    })),
    inFlight: 0,
    pools: Object.entries(config.pools).map(([name, { policy, backends }]) => ({
      name,
      policy: policy.name,
      usable: true,
      backends: backends.flatMap((backend) =>
        "url" in backend ? [newBackend(backend.url, backend.weight, backend.backup)] : []
      ),
      discovery: [],
    })),
    routes: [],
    localReplies: [],
  };
}

function newBackend(url: string, weight: number, backup: boolean): BackendStatus {
  return {
    id: url,
    url,
    source: url,
    weight,
    backup,
    state: "in use",
    reason: null,
    since: null,
    inFlight: 0,
    attempts: 0,
    failures: 0,
    latencyMs: null,
    setByHand: false,
  };
}
