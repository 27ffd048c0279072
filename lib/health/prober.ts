/**
 * Sends probes: requests a path of each backend again and again, each time on a new connection, and
 * reports the results. Backends are probed side by side, and no request waits for a probe.
 */
import { delay } from "@std/async/delay";
import type { MonitoredBackend } from "./state.ts";
import { isOneOf, type Statuses } from "../http/status_ranges.ts";
import { formatFailure } from "../outcome.ts";
import { failedFetch } from "../net/fetch_error.ts";
import { firstDelay, nextDelay } from "./probe_schedule.ts";

export interface ProbeOptions<Monitored extends Pick<MonitoredBackend, "url"> = MonitoredBackend> {
  readonly backends: readonly Monitored[];
  /** Path and query, appended to the backend's URL. */
  readonly path: string;
  /** The Host of probes; by default the backend's. */
  readonly host?: string | undefined;
  /** The port that probes ask; by default the backend's. */
  readonly port?: number | undefined;
  /** The statuses that count as good. */
  readonly good: Statuses;
  /** From the start of one probe to the start of the next, in milliseconds; varies by up to a tenth. */
  readonly interval: number;
  /** For the whole probe, in milliseconds. */
  readonly timeout: number;
  /** 0 up to 1. */
  readonly random: () => number;
  /** Called with the result of each probe. @param reason in a few words, for the log */
  readonly onProbe: (backend: Monitored, good: boolean, reason: string) => void;
}

/** Starts probing, until it is disposed of. */
export function startProbes<Monitored extends Pick<MonitoredBackend, "url">>(
  options: ProbeOptions<Monitored>,
): AsyncDisposable {
  const { backends, interval, random } = options;
  // A probe on a kept connection would not show whether a new connection can be made.
  const client = Deno.createHttpClient({ allowHost: true, poolMaxIdlePerHost: 0, http2: false });
  const stopping = new AbortController();
  const { signal } = stopping;

  async function probeUntilStopped(backend: Monitored): Promise<void> {
    await pause(firstDelay(interval, random), signal);
    while (!signal.aborted) {
      const startedAt = performance.now();
      await probe(backend, client, signal, options);
      const next = startedAt + nextDelay(interval, random);
      await pause(Math.max(0, next - performance.now()), signal);
    }
  }

  const probing = Promise.all(backends.map(probeUntilStopped));
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await probing;
      client.close();
    },
  };
}

async function probe<Monitored extends Pick<MonitoredBackend, "url">>(
  backend: Monitored,
  client: Deno.HttpClient,
  stopping: AbortSignal,
  options: ProbeOptions<Monitored>,
): Promise<void> {
  const result = await request(backend, client, stopping, options);
  if (result !== undefined) options.onProbe(backend, ...result);
}

/** @returns whether the backend is good, and why; undefined if the probe shows nothing about it */
async function request(
  backend: Pick<MonitoredBackend, "url">,
  client: Deno.HttpClient,
  stopping: AbortSignal,
  { path, host, port, good, timeout }: Omit<ProbeOptions<never>, "backends" | "onProbe">,
): Promise<[good: boolean, reason: string] | undefined> {
  const late = AbortSignal.timeout(timeout);
  try {
    const response = await fetch(withPort(backend.url, port) + path, {
      client,
      redirect: "manual",
      headers: { "user-agent": "roundabout", ...(host !== undefined && { host }) },
      signal: AbortSignal.any([late, stopping]),
    });
    await response.body?.cancel();
    return [isOneOf(good, response.status), `answered ${response.status}`];
  } catch (error) {
    if (stopping.aborted) return undefined;
    if (late.aborted) return [false, `no answer within ${timeout} ms`];
    const failed = failedFetch(error);
    // This program has no descriptors left, or the response is over a limit of it.
    const isOurs = failed.failure === "connection_limit_reached" || failed.limit !== undefined;
    return isOurs ? undefined : [false, formatFailure(failed)];
  }
}

/** The same URL with another port. */
function withPort(url: string, port: number | undefined): string {
  if (port === undefined) return url;
  const changed = new URL(url);
  changed.port = String(port);
  return `${changed.origin}${changed.pathname.replace(/\/+$/, "")}`;
}

/** Resolves after a time in milliseconds, or as soon as the signal is aborted. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(milliseconds, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
