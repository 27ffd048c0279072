/**
 * Probes: asks each backend in turn for HEALTH_PATH, on connections of their own, and tells what came of
 * it. Whoever asks does nothing but wait: no request is held up by a probe.
 */
import type { MonitoredBackend } from "./state.ts";
import { isOneOf, type Statuses } from "../http/status_ranges.ts";
import { formatFailure } from "../outcome.ts";
import { failedFetch } from "../net/fetch_error.ts";
import { firstDelay, nextDelay } from "./probe_schedule.ts";

export interface ProbeOptions<Target extends Pick<MonitoredBackend, "url"> = MonitoredBackend> {
  readonly backends: readonly Target[];
  /** Appended to a backend's URL. */
  readonly path: string;
  /** The statuses of good answers. */
  readonly good: Statuses;
  /** From the beginning of one probe to that of the next, in milliseconds, give or take a tenth. */
  readonly interval: number;
  /** For the whole answer, in milliseconds. */
  readonly timeout: number;
  /** 0 up to 1. */
  readonly random: () => number;
  /** Told what each probe came to. @param reason in a few words */
  readonly onProbe: (backend: Target, good: boolean, reason: string) => void;
}

/** Starts to probe; it goes on until it is disposed of. */
export function startProbes<Target extends Pick<MonitoredBackend, "url">>(
  options: ProbeOptions<Target>,
): AsyncDisposable {
  const { backends, interval, random } = options;
  // A connection that is kept would say nothing of whether a new one can be made.
  const client = Deno.createHttpClient({ poolMaxIdlePerHost: 0, http2: false });
  const stopping = new AbortController();
  const { signal } = stopping;

  async function probeAgainAndAgain(backend: Target): Promise<void> {
    await pause(firstDelay(interval, random), signal);
    while (!signal.aborted) {
      const startedAt = performance.now();
      await probe(backend, client, signal, options);
      const next = startedAt + nextDelay(interval, random);
      await pause(Math.max(0, next - performance.now()), signal);
    }
  }

  const probing = Promise.all(backends.map(probeAgainAndAgain));
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await probing;
      client.close();
    },
  };
}

async function probe<Target extends Pick<MonitoredBackend, "url">>(
  backend: Target,
  client: Deno.HttpClient,
  stopping: AbortSignal,
  options: ProbeOptions<Target>,
): Promise<void> {
  const result = await ask(backend, client, stopping, options);
  if (result !== undefined) options.onProbe(backend, ...result);
}

/** @returns whether the answer is good, and why; undefined where it says nothing of the backend */
async function ask(
  backend: Pick<MonitoredBackend, "url">,
  client: Deno.HttpClient,
  stopping: AbortSignal,
  { path, good, timeout }: Pick<ProbeOptions<never>, "path" | "good" | "timeout">,
): Promise<[good: boolean, reason: string] | undefined> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), timeout);
  try {
    const response = await fetch(backend.url + path, {
      client,
      redirect: "manual",
      headers: { "user-agent": "roundabout" },
      signal: AbortSignal.any([late.signal, stopping]),
    });
    await response.body?.cancel();
    return [isOneOf(good, response.status), `answered ${response.status}`];
  } catch (error) {
    if (stopping.aborted) return undefined;
    if (late.signal.aborted) return [false, `no answer within ${timeout} ms`];
    const failed = failedFetch(error);
    const ours = failed.failure === "connection_limit_reached"; // no descriptor for a probe
    return ours ? undefined : [false, formatFailure(failed)];
  } finally {
    clearTimeout(timer);
  }
}

/** Resolves after so many milliseconds, or as soon as it is stopped. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener("abort", done);
    function done() {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
  });
}
