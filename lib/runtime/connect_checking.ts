/** Connect checks of unreachable backends: they run in the control plane only, whatever the number of workers. */
import type { Backend } from "../backends/backend.ts";
import { ConnectChecks } from "../health/connect_checks.ts";
import { addressOf, dial } from "../net/dial.ts";
import { type ProxyVersion, writeProxyHeader } from "../net/proxy_header/write.ts";
import type { Failed } from "../outcome.ts";
import type { Pool } from "../pool/pool.ts";
import type { Clock } from "../time/clock.ts";
import { Timed, type Wheel } from "../time/timer_wheel.ts";

/** What is checked, and how, at the moment: a reload may change both. */
export interface CheckedPool {
  readonly pool: Pool;
  /** For each connection, in milliseconds. */
  readonly timeout: number;
  /** The version of the PROXY header that connections begin with: they are the balancer's own. */
  readonly proxyProtocol?: ProxyVersion | undefined;
  /** Called with the URL of a backend that could not be connected to. */
  readonly onFailed?: (url: string) => void;
}

/**
 * Starts them.
 *
 * @param random 0 up to 1
 * @returns what stops them, and waits for those that are under way
 */
export function startConnectChecking(
  checked: () => CheckedPool,
  clock: Pick<Clock, "wheel" | "onTick">,
  random: () => number,
): AsyncDisposable {
  const { wheel } = clock;
  const running = new Set<Promise<void>>();
  const checks = new ConnectChecks<Backend>({
    backends: () => checked().pool.backends,
    now: () => wheel.now,
    random,
    onCheck(backend, failed) {
      const { pool, onFailed } = checked();
      pool.checked(backend, failed);
      if (failed !== undefined) onFailed?.(backend.url);
    },
    connect(backend, done) {
      const check = tryConnect(backend, wheel, checked()).then(done).finally(() =>
        running.delete(check)
      );
      running.add(check);
    },
  });
  const next = new NextCheck();
  const endTicks = clock.onTick(() => {
    checks.tick();
    wheel.set(next, checks.dueAt - wheel.now);
  });
  return {
    async [Symbol.asyncDispose]() {
      endTicks();
      wheel.remove(next);
      await Promise.all(running);
    },
  };
}

/** @returns why there is no connection; undefined if there is one */
async function tryConnect(
  backend: Backend,
  wheel: Wheel,
  { timeout, proxyProtocol }: CheckedPool,
): Promise<Failed | undefined> {
  const header = proxyProtocol && writeProxyHeader(proxyProtocol, undefined);
  const connection = await dial(addressOf(backend), wheel, timeout, header);
  if ("kind" in connection) return connection;
  connection.close();
  return undefined;
}

/** Keeps the clock from sleeping beyond the next check, which begins with the tick at which this expires. */
class NextCheck extends Timed {
  override expire(): void {}
}
