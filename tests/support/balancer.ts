/** Starts a balancer over real sockets for a test, and stops it when the test is over. */
import type { AccessEntry } from "../../lib/access_log.ts";
import { Backend } from "../../lib/backend.ts";
import type { Outcome } from "../../lib/outcome.ts";
import { POLICIES } from "../../lib/policies/mod.ts";
import { Pool } from "../../lib/pool.ts";
import type { Engine, Limits } from "../../lib/engine.ts";
import { ENGINES } from "../../lib/start.ts";

export type EngineName = keyof typeof ENGINES;

/** The names of all engines: what is tested end to end is tested for each. */
export const ENGINE_NAMES = Object.keys(ENGINES) as EngineName[];

export interface TestOptions extends Partial<Limits> {
  readonly engine?: EngineName;
  readonly maxAttempts?: number;
  readonly isTrusted?: (address: string) => boolean;
}

export interface TestBalancer extends AsyncDisposable {
  readonly engine: Engine;
  readonly port: number;
  readonly url: string;
  /** The access log so far. */
  readonly entries: AccessEntry[];
  /** Backends' failures and recoveries, as the pool told of them. */
  readonly changes: string[];
  /** Faults of the balancer's own: must stay empty. */
  readonly errors: unknown[];
  /** What the operator is told. */
  readonly warnings: string[];
}

const LIMITS: Limits = {
  connectTimeout: 2_000,
  firstByteTimeout: 10_000,
  idleTimeout: 10_000,
  backendIdleTimeout: 4_000,
  tunnelIdleTimeout: 10_000,
  headerTimeout: 10_000,
  keepAliveTimeout: 10_000,
  maxHeaderSize: 16 * 1024,
  maxConnections: 10_000,
};

/** @param urls the backends, in their order */
export function balance(urls: readonly string[], options: TestOptions = {}): TestBalancer {
  const entries: AccessEntry[] = [];
  const errors: unknown[] = [];
  const changes: string[] = [];
  const warnings: string[] = [];
  const tell = (backend: Backend, outcome: Outcome<unknown>) =>
    changes.push(`${backend.id} ${outcome.kind === "failed" ? outcome.failure : "answers"}`);
  const pool = new Pool({
    backends: urls.map((url) => new Backend({ url, weight: 1 })),
    policy: POLICIES.round_robin,
    onChange: tell,
  });
  const engine = ENGINES[options.engine ?? "web"]({
    pool,
    hostname: "127.0.0.1",
    port: 0,
    maxAttempts: options.maxAttempts ?? Infinity,
    limits: { ...LIMITS, ...options },
    isTrusted: options.isTrusted ?? (() => false),
    onRequest: (entry) => entries.push(entry),
    onError: (error) => errors.push(error),
    onWarning: (warning) => warnings.push(warning),
  });
  const { port } = engine.address;
  return {
    engine,
    port,
    url: `http://127.0.0.1:${port}`,
    entries,
    changes,
    errors,
    warnings,
    async [Symbol.asyncDispose]() {
      await engine.drain(5_000);
      if (errors.length > 0) throw errors[0];
    },
  };
}

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
