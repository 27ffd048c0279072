/** The data plane of one worker: an engine, and a pool over backends that all workers share. */
import { lineFormatter } from "../logging/access_log.ts";
import type { Backend } from "../backends/backend.ts";
import { isSecure } from "../http/trusted_proxies.ts";
import { startClock } from "../time/clock.ts";
import { belongsTo } from "../config/networks.ts";
import type { Config } from "../config/schema.ts";
import { ENGINES } from "../engines/mod.ts";
import { formatEvent } from "../health/events.ts";
import { bindOrExplain } from "../net/listen_error.ts";
import { createPool } from "../pool/create_pool.ts";
import { RetryBudget } from "../retry_budget.ts";
import { Sticky } from "../pool/sticky.ts";
import { createBackends } from "./backends.ts";
import { LineBatch } from "./line_batch.ts";
import type { Assignment, Notice } from "./messages.ts";
import { SharedMemory } from "../shared_memory/layout.ts";
import { InFlightCount } from "../shared_memory/in_flight_count.ts";

/** A running data plane. */
export interface DataPlane {
  readonly address: Deno.NetAddr;
  /** As {@linkcode Engine.drain} has it; what is to be told was told by then. */
  drain(timeout: number, grace: number): Promise<number>;
}

/**
 * Starts it. Should the engine's listener break for good, its promise is rejected and nobody handles that:
 * so the worker ends, and another one takes its place.
 *
 * @param tell takes what the supervisor is to know
 * @throws {ListenError} where the address cannot be listened on
 */
export function startDataPlane(assignment: Assignment, tell: (notice: Notice) => void): DataPlane {
  const { config, number, port, reusePort, limits, lines, extent, buffer } = assignment;
  const memory = new SharedMemory(extent, buffer);
  const [own, shared] = [memory.worker(number), memory.pool];
  const isTrusted = belongsTo(config.TRUSTED_PROXIES);
  const backends = createBackends(memory, config, number);
  const clock = startClock({
    time: () => shared.time.value,
    onTick: () => own.heartbeat.add(1),
  });
  const pool = createPool(config, {
    backends,
    policy: config.POLICY,
    sticky: createSticky(config, backends, isTrusted),
    isTrusted,
    clock,
    random: Math.random,
    cells: shared,
    worker: number,
    onEvent(event) {
      const [level, message] = formatEvent(event);
      tell({ kind: "log", level, message });
    },
  });
  const batch = new LineBatch((lines) => tell({ kind: "lines", lines }));
  const format = lines === undefined ? undefined : lineFormatter(lines);
  const engine = bindOrExplain("PORT", config.HOST, port, () =>
    ENGINES[config.ENGINE]({
      pool,
      budget: new RetryBudget(config.RETRY_BUDGET, memory.budget),
      clock,
      hostname: config.HOST,
      port,
      reusePort,
      requests: new InFlightCount(shared.requests, own.requests),
      maxAttempts: config.MAX_ATTEMPTS,
      limits,
      isTrusted,
      onRequest: format && ((entry) => batch.write(format(entry))),
      onError(error) {
        const message = `a request failed by a fault of this program: ${error}`;
        tell({ kind: "log", level: "error", message });
      },
      onWarning: (message) => tell({ kind: "warning", message }),
    }));

  return {
    address: engine.address,
    async drain(timeout, grace) {
      const cut = await engine.drain(timeout, grace);
      batch.flush();
      clock[Symbol.dispose]();
      return cut;
    },
  };
}

function createSticky(
  { STICKY_COOKIE: cookie, STICKY_SECRET: secret }: Config,
  backends: readonly Backend[],
  isTrusted: (address: string) => boolean,
): Sticky | undefined {
  if (cookie === undefined) return undefined;
  return new Sticky({
    backends,
    cookie,
    secret,
    isSecure: (request) => isSecure(request, isTrusted),
  });
}
