/**
 * Sends probes: requests a path of each backend again and again, each time on a new connection, and
 * reports the results. Backends are probed side by side, and no request waits for a probe.
 */
import { delay } from "@std/async/delay";
import type { MonitoredBackend } from "./state.ts";
import { isOneOf, type Statuses } from "../http/status_ranges.ts";
import { type Failed, formatFailure } from "../outcome.ts";
import { failedFetch } from "../net/fetch_error.ts";
import { addressOf } from "../net/dial.ts";
import type { ProxyVersion } from "../net/proxy_header/write.ts";
import type { TlsOptions } from "../net/tls/tls_options.ts";
import { SOCKET_URL, socketPathOf } from "../net/unix_socket.ts";
import { firstDelay, nextDelay } from "./probe_schedule.ts";

/** What a probe needs to know of a backend. */
export interface Probed extends Pick<MonitoredBackend, "uid" | "url"> {
  /** The name whose address it is, if it was found by one: it is the Host of its probes. */
  readonly name?: string | undefined;
  /** How it is spoken to over TLS, if its pool says so. */
  readonly tls?: TlsOptions | undefined;
}

export interface ProbeOptions<Monitored extends Probed = MonitoredBackend> {
  readonly backends: readonly Monitored[];
  /** Path and query, appended to the backend's URL. */
  readonly path: string;
  /** The Host of probes; by default the backend's. */
  readonly host?: string | undefined;
  /** The port that probes ask; by default the backend's. */
  readonly port?: number | undefined;
  /** The version of the PROXY header that its connections begin with; by default there is none. */
  readonly proxyProtocol?: ProxyVersion | undefined;
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

/** Probes that are being sent. */
export interface Probes<Monitored extends Probed> extends AsyncDisposable {
  /** Goes on with other options: a backend that is still there is probed when it would have been anyway. */
  update(options: ProbeOptions<Monitored>): void;
}

/** Starts probing, until it is disposed of. */
export function startProbes<Monitored extends Probed>(
  first: ProbeOptions<Monitored>,
): Probes<Monitored> {
  // A probe on a kept connection would not show whether a new connection can be made.
  const client = Deno.createHttpClient({ allowHost: true, poolMaxIdlePerHost: 0, http2: false });
  let options = first;
  /** What ends the probes of each backend, by its uid. */
  const stopping = new Map<number, AbortController>();
  const probing = new Set<Promise<void>>();

  async function probeUntilStopped(uid: number, signal: AbortSignal): Promise<void> {
    await pause(firstDelay(options.interval, options.random), signal);
    while (!signal.aborted) {
      const startedAt = performance.now();
      const backend = options.backends.find((backend) => backend.uid === uid)!;
      await probe(backend, client, signal, options);
      const next = startedAt + nextDelay(options.interval, options.random);
      await pause(Math.max(0, next - performance.now()), signal);
    }
  }

  function update(next: ProbeOptions<Monitored>): void {
    options = next;
    const uids = new Set(next.backends.map(({ uid }) => uid));
    for (const [uid, controller] of stopping) {
      if (uids.has(uid)) continue;
      controller.abort();
      stopping.delete(uid);
    }
    for (const uid of uids) {
      if (stopping.has(uid)) continue;
      const controller = new AbortController();
      stopping.set(uid, controller);
      const ending = probeUntilStopped(uid, controller.signal).finally(() =>
        probing.delete(ending)
      );
      probing.add(ending);
    }
  }

  update(first);
  return {
    update,
    async [Symbol.asyncDispose]() {
      for (const controller of stopping.values()) controller.abort();
      await Promise.all(probing);
      client.close();
    },
  };
}

async function probe<Monitored extends Probed>(
  backend: Monitored,
  client: Deno.HttpClient,
  stopping: AbortSignal,
  options: ProbeOptions<Monitored>,
): Promise<void> {
  const result = await request(backend, client, stopping, options);
  if (result !== undefined) options.onProbe(backend, ...result);
}

/** @returns whether the backend is good, and why; undefined if the probe shows nothing about it */
async function request<Monitored extends Probed>(
  backend: Monitored,
  client: Deno.HttpClient,
  stopping: AbortSignal,
  options: ProbeOptions<Monitored>,
): Promise<[good: boolean, reason: string] | undefined> {
  const { path, host, port, good, timeout } = options;
  const late = AbortSignal.timeout(timeout);
  const signal = AbortSignal.any([late, stopping]);
  const url = withPort(backend.url, port) + path;
  try {
    if (!canFetch(backend, options)) return judge(await exchange(backend, options, signal));
    const response = await fetch(url, {
      client,
      redirect: "manual",
      headers: { "user-agent": "roundabout", ...hostField(backend, host) },
      signal,
    });
    await response.body?.cancel();
    return judge(response.status);
  } catch (error) {
    return judge(failedFetch(error));
  }

  function judge(answer: number | Failed): [good: boolean, reason: string] | undefined {
    if (typeof answer === "number") return [isOneOf(good, answer), `answered ${answer}`];
    if (stopping.aborted) return undefined;
    if (late.aborted) return [false, `no answer within ${timeout} ms`];
    // This program has no descriptors left, or the response is over a limit of it.
    const isOurs = answer.failure === "connection_limit_reached" || answer.limit !== undefined;
    return isOurs ? undefined : [false, formatFailure(answer)];
  }
}

type ExchangeOptions = Pick<ProbeOptions<never>, "path" | "host" | "port" | "proxyProtocol">;

/** This client of fetch knows no unix sockets; fetch sends no PROXY header, and cannot do all that a pool may say of TLS. */
function canFetch({ url, tls }: Probed, { proxyProtocol }: ExchangeOptions): boolean {
  return tls === undefined && proxyProtocol === undefined && socketPathOf(url) === undefined;
}

/** Probes over a connection of its own. @returns the status, or why there is none */
async function exchange(
  backend: Probed,
  { path, host, port, proxyProtocol }: ExchangeOptions,
  signal: AbortSignal,
): Promise<number | Failed> {
  // Loaded only where it is used: its memory would be held as long as this runs.
  const { exchangeProbe } = await import("./probe_exchange.ts");
  const address = addressOf(backend);
  const isSocket = address.socket !== undefined;
  const url = new URL(isSocket ? SOCKET_URL : withPort(backend.url, port));
  return await exchangeProbe({
    address: { ...address, port: port ?? address.port },
    proxyProtocol,
    target: url.pathname.replace(/\/+$/, "") + path,
    host: hostField(backend, host).host ?? url.host,
  }, signal);
}

/** @param host as configured; undefined for the backend's own */
function hostField({ name, url }: Probed, host: string | undefined): { host?: string } {
  if (host !== undefined) return { host };
  if (name === undefined) return {};
  const { port } = new URL(url);
  return { host: port === "" ? name : `${name}:${port}` };
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
