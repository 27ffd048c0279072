/** Resolves names with fake servers, for tests. */
import type { Answer, Found } from "../../lib/net/resolver/answer.ts";
import { describeFailure, type Failure } from "../../lib/net/resolver/failure.ts";
import { createResolver, type Query } from "../../lib/net/resolver/resolver.ts";
import type { FakeDnsServer } from "./fake_dns_server.ts";
import { ManualClock } from "./manual_clock.ts";

/** The timeout of each try, on the tests' clock. */
export const TIMEOUT_MS = 2_000;

export interface ResolvingOptions {
  readonly kind?: Query["kind"];
  /** The text of /etc/resolv.conf. */
  readonly conf?: string;
  readonly signal?: AbortSignal;
  /** Whether time passes; otherwise whoever does not answer is waited for without end. */
  readonly timePasses?: boolean;
}

/** Asks one server. */
export async function resolveWith(
  server: FakeDnsServer,
  name: string,
  options: ResolvingOptions = {},
): Promise<Answer> {
  const { kind = "dns", conf = "", signal = new AbortController().signal } = options;
  const resolvConf = await Deno.makeTempFile();
  await Deno.writeTextFile(resolvConf, conf);
  const clock = new ManualClock();
  const { wheel } = clock;
  const resolve = createResolver({
    wheel,
    server: server.address,
    timeoutMs: TIMEOUT_MS,
    resolvConf,
  });
  try {
    const answering = resolve({ kind, name }, signal);
    return options.timePasses
      ? (await waitFor(answering, clock, [server])).result
      : await answering;
  } finally {
    await Deno.remove(resolvConf);
  }
}

/** The addresses, or why there are none, without the server. */
export function outcomeOf(answer: Answer): readonly string[] | string {
  if (answer.kind === "no news") return describeFailure(answer.failure).replace(/^.*?\d: /, "");
  return answer.endpoints.map(({ address, service }) =>
    service === undefined ? address : `${address}:${service.port}`
  );
}

/** @throws if it is no news */
export function foundOf(answer: Answer): Found {
  if (answer.kind !== "found") throw new Error(describeFailure(answer.failure));
  return answer;
}

/** @throws if something was found */
export function failureOf(answer: Answer): Failure {
  if (answer.kind === "found") throw new Error(`Found: ${outcomeOf(answer)}`);
  return answer.failure;
}

/**
 * Lets time pass for a resolution, but only while nothing is on its way: whoever waits then waits for nothing.
 *
 * @returns its result, and how long it took on the clock, in milliseconds
 */
export async function waitFor<Result>(
  resolving: Promise<Result>,
  clock: ManualClock,
  servers: readonly FakeDnsServer[],
): Promise<{ readonly result: Result; readonly tookMs: number }> {
  let isDone = false;
  const done = resolving.finally(() => isDone = true);
  const startedAt = clock.now();
  const handled = () => servers.reduce((sum, server) => sum + server.handled, 0);
  let before = -1;
  while (!isDone) {
    if (handled() === before) await clock.advance(TIMEOUT_MS / 10);
    before = handled();
    for (let turn = 0; turn < QUIET_TURNS; turn++) await new Promise((next) => setTimeout(next));
  }
  return { result: await done, tookMs: clock.now() - startedAt };
}

/** Turns of the event loop in which whatever has been sent over loopback arrives. */
const QUIET_TURNS = 5;
