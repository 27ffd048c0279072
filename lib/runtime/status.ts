/** Tells the admin port how the balancer is: reads it from the memory that workers share. */
import manifest from "../../deno.json" with { type: "json" };
import type {
  AcmeStatus,
  BackendState,
  BackendStatus,
  CertificateStatus,
  DiscoveryStatus,
  PoolStatus,
  RouteRequests,
  RouteStatus,
  Status,
  StatusClass,
} from "../admin/status.ts";
import type { Backend } from "../backends/backend.ts";
import type { Configuration } from "../config/model.ts";
import { formatListener } from "../net/host_port.ts";
import { routeIdOf } from "../routing/route_id.ts";
import type { ServingPool } from "../routing/route.ts";
import { poolsOf } from "../routing/route_pools.ts";
import {
  backendRecords,
  COMMON,
  wayRecords,
  WORKER,
  WORKER_BACKEND,
  WORKER_WAY,
} from "../shared_memory/layout.ts";
import type { RecordBuffer } from "../shared_memory/record_buffer.ts";
import { wayId } from "../shared_memory/state.ts";
import { daysLeft } from "../tls/certificate_details.ts";
import { sumCounts } from "../shared_memory/status_counts.ts";
import type { Acme } from "./acme.ts";
import type { AcmeCertificateStatus } from "./acme_certificates.ts";
import type { ByHand } from "./by_hand.ts";
import type { LiveConfiguration } from "./live_configuration.ts";
import type { Observation } from "./observation.ts";
import type { Reloads } from "./reload.ts";
import type { Revisions } from "./revisions.ts";
import type { Supervisor } from "./supervisor.ts";

type ListenerTls = NonNullable<Configuration["listeners"][string]["tls"]>;
/** Of a listener, or of the admin port. */
type Tls = Pick<ListenerTls, "certificates" | "acme">;

/** What the status is made of. */
export interface StatusSources {
  /** This balancer's name in Via, unless the configuration gives it one. */
  readonly instanceName: string;
  /** In milliseconds since 1970. */
  readonly startedAt: number;
  readonly live: LiveConfiguration;
  readonly reloads: Reloads;
  readonly revisions: Revisions;
  readonly observation: Observation;
  readonly supervisor: Pick<Supervisor, "listeners" | "workers">;
  readonly process: RecordBuffer;
  readonly byHand: ByHand;
  readonly acme: Acme;
  /** Why it should get no requests; undefined if it should. */
  readonly unreadiness: () => string | undefined;
  readonly isStopping: () => boolean;
}

export function statusOf(sources: StatusSources): Status {
  const { live, supervisor, process, observation: { pools } } = sources;
  const { engine, instance, routes } = live.resolved;
  const problem = sources.unreadiness();
  const { workers } = supervisor;
  const localReplies = workers.map(({ number }) => process.record(WORKER, number).localReplies);
  return {
    version: manifest.version,
    instance: instance ?? sources.instanceName,
    engine,
    startedAt: timeOf(sources.startedAt),
    ready: problem === undefined,
    problem: problem ?? null,
    draining: sources.isStopping(),
    workers,
    configuration: configurationOf(sources),
    listeners: supervisor.listeners.map(({ name, hostname, port }) => ({
      name,
      address: formatListener({ hostname, port }),
      certificates: certificatesOf(live.resolved.listeners[name]?.tls),
    })),
    admin: { certificates: certificatesOf(live.written.admin?.tls) },
    acme: sources.acme.status().map(acmeOf),
    inFlight: process.record(COMMON).requests.value,
    pools: [...pools.all.values()].map((serving) => poolOf(serving, sources)),
    routes: routes.map((route) => routeOf(routeIdOf(route), poolsOf(route), sources)),
    localReplies: sumCounts(localReplies).map(([status, count]) => ({ status, count })),
  };
}

function configurationOf({ reloads }: StatusSources): Status["configuration"] {
  const { number, since, file, last, counts } = reloads;
  return {
    number,
    since: timeOf(since),
    file: file ?? null,
    lastReload: last === undefined ? null : {
      at: timeOf(last.at),
      result: last.kind,
      problems: last.kind === "refused" ? last.problems : [],
    },
    reloads: counts,
  };
}

function certificatesOf(tls: Tls | undefined): CertificateStatus[] {
  const { certificates = [], acme } = tls ?? {};
  const all = [...certificates.map(({ loaded }) => loaded), acme?.loaded];
  return all.flatMap((loaded): CertificateStatus[] => {
    if (loaded === undefined) return [];
    const { names, notAfter, issuer, fingerprint } = loaded;
    const left = daysLeft(loaded, Date.now());
    return [{ names, notAfter: timeOf(notAfter), daysLeft: left, issuer, fingerprint }];
  });
}

function acmeOf(
  { listeners, names, directory, certificate, renewAt, isOrdering, problem }: AcmeCertificateStatus,
): AcmeStatus {
  const timeOrNull = (time: number | undefined) => time === undefined ? null : timeOf(time);
  return {
    ...{ listeners, names, directory },
    notAfter: timeOrNull(certificate?.notAfter),
    renewAt: timeOrNull(renewAt),
    ordering: isOrdering,
    problem: problem?.reason ?? null,
    retryAt: timeOrNull(problem?.retryAt),
  };
}

function poolOf({ name, config, pool }: ServingPool, sources: StatusSources): PoolStatus {
  const leaving = sources.revisions.leaving.filter((backend) => backend.pool === name);
  const listed = sources.live.resolved.pools[name]?.backends ?? [];
  const sourceOf = new Map(listed.map(({ url, source }) => [url, source ?? url]));
  return {
    name,
    policy: config.policy.name,
    usable: pool.usable,
    backends: [
      ...pool.backends.map((backend) => ({
        ...backendOf(name, backend, sources),
        source: sourceOf.get(backend.url) ?? backend.url,
      })),
      ...leaving.map(({ url, inFlight }) => removed(url, inFlight)),
    ],
    discovery: discoveryOf(name, sources),
  };
}

function backendOf(
  pool: string,
  backend: Backend,
  sources: StatusSources,
): Omit<BackendStatus, "source"> {
  const { id, url, weight, isBackup, inFlight, latency } = backend;
  const state = stateOf(backend);
  const reason = sources.observation.reasons.of(pool, id, state);
  const { attempts, failures } = countsOf(pool, id, sources);
  return {
    id: url,
    url,
    weight,
    configuredWeight: sources.byHand.configuredWeight(pool, backend),
    backup: isBackup,
    state,
    reason: reason?.text ?? null,
    since: reason === undefined ? null : timeOf(reason.since),
    inFlight,
    attempts,
    failures,
    latencyMs: latency?.average ?? null,
    setByHand: sources.byHand.isSet(pool, backend),
  };
}

function stateOf({ mode, standing, probed }: Backend): BackendState {
  if (mode === "draining") return "draining";
  if (!probed.up) return "down";
  if (standing.phase === "out") return "ejected";
  return standing.phase === "trial" ? "trial" : "in use";
}

function countsOf(
  pool: string,
  id: string,
  { revisions, supervisor }: StatusSources,
): { attempts: number; failures: number } {
  const { buffer } = revisions.state.pools.get(pool)!.backends.get(id)!;
  const { workers } = supervisor;
  const records = backendRecords(1 + workers.length, buffer);
  const counts = { attempts: 0, failures: 0 };
  for (const { number } of workers) {
    const { attempts, failures } = records.record(WORKER_BACKEND, number);
    counts.attempts += attempts.value;
    counts.failures += failures.value;
  }
  return counts;
}

/** A backend that finishes what it has. */
function removed(url: string, inFlight: number): BackendStatus {
  return {
    id: url,
    url,
    source: url,
    weight: 0,
    configuredWeight: 0,
    backup: false,
    state: "removed",
    reason: null,
    since: null,
    inFlight,
    attempts: 0,
    failures: 0,
    latencyMs: null,
    setByHand: false,
  };
}

function discoveryOf(pool: string, { observation }: StatusSources): DiscoveryStatus[] {
  return observation.sources.statusOf(pool).map(({ source, lastSuccess, problem, backends }) => ({
    source,
    lastSuccess: lastSuccess === undefined ? null : timeOf(lastSuccess),
    problem: problem ?? null,
    addresses: backends,
  }));
}

function routeOf(
  id: string,
  pools: readonly string[],
  { revisions, supervisor }: StatusSources,
): RouteStatus {
  const { workers } = supervisor;
  const requests = [undefined, ...pools].flatMap((pool): RouteRequests[] => {
    const records = wayRecords(1 + workers.length, revisions.state.ways.get(wayId(id, pool))!);
    const counts = workers.map(({ number }) => records.record(WORKER_WAY, number).requests);
    return sumCounts(counts).map(([status, count]) => ({
      pool: pool ?? null,
      status: `${status / 100}xx` as StatusClass,
      count,
    }));
  });
  return { id, pools, requests };
}

function timeOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
