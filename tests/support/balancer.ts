/** Starts a balancer over real sockets for a test, and stops it when the test is over. */
import type { AccessEntry } from "../../lib/access_log.ts";
import { Backend } from "../../lib/backend.ts";
import type { Outcome } from "../../lib/outcome.ts";
import { POLICIES } from "../../lib/policies/mod.ts";
import { Pool } from "../../lib/pool.ts";
import { type Engine, serveWeb } from "../../lib/web/serve.ts";

export interface TestOptions {
  readonly maxAttempts?: number;
  readonly firstByteTimeout?: number;
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
}

/** @param urls the backends, in their order */
export function balance(urls: readonly string[], options: TestOptions = {}): TestBalancer {
  const entries: AccessEntry[] = [];
  const errors: unknown[] = [];
  const changes: string[] = [];
  const tell = (backend: Backend, outcome: Outcome<unknown>) =>
    changes.push(`${backend.id} ${outcome.kind === "failed" ? outcome.failure : "answers"}`);
  const pool = new Pool({
    backends: urls.map((url) => new Backend({ url, weight: 1 })),
    policy: POLICIES.round_robin,
    onChange: tell,
  });
  const engine = serveWeb({
    pool,
    hostname: "127.0.0.1",
    port: 0,
    maxAttempts: options.maxAttempts ?? Infinity,
    firstByteTimeout: options.firstByteTimeout ?? 10_000,
    isTrusted: options.isTrusted ?? (() => false),
    onRequest: (entry) => entries.push(entry),
    onError: (error) => errors.push(error),
  });
  const { port } = engine.address;
  return {
    engine,
    port,
    url: `http://127.0.0.1:${port}`,
    entries,
    changes,
    errors,
    async [Symbol.asyncDispose]() {
      await engine.drain(5_000);
      if (errors.length > 0) throw errors[0];
    },
  };
}
