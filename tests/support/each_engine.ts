/** What is tested end to end is tested for each engine. */
import { ENGINES } from "../../lib/engines/mod.ts";
import { IO } from "../../lib/net/io.ts";
import {
  balance,
  type EngineName,
  IS_ON_EPOLL,
  type TestBalancer,
  type TestOptions,
} from "./balancer.ts";

export const ENGINE_NAMES = Object.keys(ENGINES) as EngineName[];

/** What a test needs that holds for every engine. */
export interface EngineTest {
  readonly engine: EngineName;
  /** Starts a balancer with this engine. */
  readonly balance: (urls: readonly string[], options?: TestOptions) => TestBalancer;
  /** Registers a test that names the engine. */
  readonly test: (name: string, run: () => Promise<void>) => void;
}

/** Defines the same tests for each engine. */
export function forEachEngine(define: (test: EngineTest) => void): void {
  for (const engine of ENGINE_NAMES) {
    define({
      engine,
      balance: (urls, options) => balance(urls, { ...options, engine }),
      test: (name, run) => Deno.test(`${engine} engine: ${name}`, run),
    });
  }
}

/**
 * Defines the same tests for each engine, and for the tcp engine on sockets of its own as well.
 * tests/bench/contract_over_epoll.ts runs all tests of engines on those.
 */
export async function forEachEngineAndSockets(define: (test: EngineTest) => void): Promise<void> {
  forEachEngine(define);
  if (IS_ON_EPOLL) return;
  const sockets = await IO.epoll();
  define({
    engine: "tcp",
    balance: (urls, options) => balance(urls, { ...options, engine: "tcp", sockets }),
    test: (name, run) => Deno.test(`tcp engine on epoll: ${name}`, run),
  });
}
