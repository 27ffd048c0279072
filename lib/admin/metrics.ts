/** The numbers of the status as Prometheus metrics. docs/admin.md has all of them. */
import { family, labelsOf, type Sample } from "./prometheus.ts";
import type { BackendState, BackendStatus, PoolStatus, Status } from "./status.ts";

export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** States of a backend that fails, or is not yet known to work again. */
const DOWN: ReadonlySet<BackendState> = new Set(["ejected", "trial", "down"]);

/** The text of `GET /metrics`. */
export function metricsText(status: Status): string {
  return [
    ...ofProcess(status),
    ...ofRequests(status),
    ...ofConfiguration(status),
    ...ofCertificates(status),
    ...ofPools(status.pools),
    ...ofBackends(status.pools),
  ].join("");
}

function ofProcess({ version, instance, engine, startedAt, ready, workers }: Status): string[] {
  return [
    gauge("build_info", "The version and engine that run; always 1.", [
      [labelsOf({ version, engine, instance }), 1],
    ]),
    gauge("start_time_seconds", "When the balancer started.", one(secondsOf(startedAt))),
    gauge(
      "ready",
      "Whether the balancer should get requests, as /readyz says.",
      one(Number(ready)),
    ),
    gauge(
      "worker_serving",
      "Whether a worker serves.",
      workers.map(({ number, serving }) => [labelsOf({ worker: String(number) }), Number(serving)]),
    ),
  ];
}

function ofRequests({ inFlight, routes, localReplies }: Status): string[] {
  return [
    gauge("requests_in_flight", "Requests in flight, over all workers.", one(inFlight)),
    counter(
      "requests_total",
      "Requests by route, pool (empty if none) and class of the status.",
      routes.flatMap(({ id, requests }) =>
        requests.map(({ pool, status, count }): Sample => [
          labelsOf({ pool: pool ?? "", route: id, code: status }),
          count,
        ])
      ),
    ),
    counter(
      "local_replies_total",
      "Responses of the balancer's own, by status.",
      localReplies.map(({ status, count }) => [labelsOf({ status: String(status) }), count]),
    ),
  ];
}

function ofConfiguration({ configuration: { number, since, lastReload, reloads } }: Status) {
  const isGood = lastReload?.result !== "refused";
  return [
    gauge("configuration_number", "The number of the configuration that applies.", one(number)),
    gauge(
      "configuration_applied_timestamp_seconds",
      "When that configuration took effect.",
      one(secondsOf(since)),
    ),
    gauge(
      "configuration_last_reload_successful",
      "Whether the last reload was not refused; 1 if there was none.",
      one(Number(isGood)),
    ),
    counter(
      "reloads_total",
      "Reloads, by what came of them.",
      Object.entries(reloads).map(([result, count]) => [labelsOf({ result }), count]),
    ),
  ];
}

function ofCertificates({ listeners, admin, acme }: Status): string[] {
  const all = [...listeners, { name: "", ...admin }].flatMap(({ name: listener, certificates }) =>
    certificates.flatMap(({ names, notAfter }) =>
      names.map((name) => [labelsOf({ listener, name }), secondsOf(notAfter)] as const)
    )
  );
  return [
    gauge(
      "certificate_expiry_timestamp_seconds",
      "When the certificate for a name expires, by listener (empty: admin port); of several the first one.",
      all.toSorted(([, one], [, other]) => one - other),
    ),
    gauge(
      "acme_failing",
      "Whether the last attempt to get or renew a certificate failed; by its first name.",
      acme.map(({ names: [name = ""], directory, problem }) => [
        labelsOf({ name, directory }),
        Number(problem !== null),
      ]),
    ),
  ];
}

function ofPools(pools: readonly PoolStatus[]): string[] {
  const sources = pools.flatMap(({ name, discovery }) =>
    discovery.map((found) => ({ labels: labelsOf({ pool: name, source: found.source }), ...found }))
  );
  return [
    gauge(
      "pool_usable",
      "Whether any backend of a pool can be used.",
      pools.map(({ name, usable }) => [labelsOf({ pool: name }), Number(usable)]),
    ),
    gauge(
      "discovery_last_success_timestamp_seconds",
      "When a source of backends last had a usable answer.",
      sources.flatMap(({ labels, lastSuccess }): Sample[] =>
        lastSuccess === null ? [] : [[labels, secondsOf(lastSuccess)]]
      ),
    ),
    gauge(
      "discovery_failing",
      "Whether a source of backends has no usable answer at the moment.",
      sources.map(({ labels, problem }) => [labels, Number(problem !== null)]),
    ),
    gauge(
      "discovery_addresses",
      "How many backends a source stands for.",
      sources.map(({ labels, addresses }) => [labels, addresses]),
    ),
  ];
}

interface LabelledBackend {
  readonly labels: string;
  readonly backend: BackendStatus;
}

function ofBackends(pools: readonly PoolStatus[]): string[] {
  const all = pools.flatMap(({ name, backends }) =>
    // One that was removed and is back is there twice: the one that serves is shown.
    [...backends].sort((a, b) => Number(isRemoved(a)) - Number(isRemoved(b)))
      .map((backend): LabelledBackend => ({
        labels: labelsOf({ pool: name, backend: backend.id }),
        backend,
      }))
  );
  const each = (value: (backend: BackendStatus) => number): Sample[] =>
    all.map(({ labels, backend }) => [labels, value(backend)]);
  return [
    gauge(
      "backend_up",
      "Whether a backend is not known to fail: neither ejected, nor down, nor on trial.",
      each(({ state }) => Number(!DOWN.has(state))),
    ),
    gauge(
      "backend_draining",
      "Whether a backend is drained by hand or removed.",
      each(({ state }) => Number(state === "draining" || state === "removed")),
    ),
    gauge(
      "backend_in_flight",
      "Requests in flight at a backend.",
      each(({ inFlight }) => inFlight),
    ),
    gauge(
      "backend_weight",
      "The weight of a backend, as it applies.",
      each(({ weight }) => weight),
    ),
    gauge(
      "backend_latency_seconds",
      "The moving average of a backend's latency.",
      all.flatMap(({ labels, backend: { latencyMs } }): Sample[] =>
        latencyMs === null ? [] : [[labels, latencyMs / 1000]]
      ),
    ),
    counter("attempts_total", "Attempts at a backend.", each(({ attempts }) => attempts)),
    counter(
      "attempt_failures_total",
      "Attempts at a backend that failed.",
      each(({ failures }) => failures),
    ),
  ];
}

function isRemoved({ state }: BackendStatus): boolean {
  return state === "removed";
}

function gauge(name: string, help: string, samples: Iterable<Sample>): string {
  return family(`roundabout_${name}`, "gauge", help, samples);
}

function counter(name: string, help: string, samples: Iterable<Sample>): string {
  return family(`roundabout_${name}`, "counter", help, samples);
}

function one(value: number): Sample[] {
  return [["", value]];
}

/** @param time in ISO 8601 */
function secondsOf(time: string): number {
  return Date.parse(time) / 1000;
}
