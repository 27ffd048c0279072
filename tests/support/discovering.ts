/** What tests of discovery need: sources as a configuration has them, answers, and a resolver that says them. */
import type { DiscoveredConfig } from "../../lib/config/model.ts";
import { readDiscoveredUrl } from "../../lib/config/values/discovered_url.ts";
import { isReading } from "../../lib/config/values/reading.ts";
import type { Answer, Found, NoNews } from "../../lib/net/resolver/answer.ts";
import type { FailureKind } from "../../lib/net/resolver/failure.ts";
import type { Query, Resolve } from "../../lib/net/resolver/resolver.ts";

/** @param text a valid one: `dns+http://users:5000` */
export function sourceOf(
  text: string,
  { weight = 1, backup = false }: Partial<Pick<DiscoveredConfig, "weight" | "backup">> = {},
): DiscoveredConfig {
  const read = readDiscoveredUrl(text);
  if (!isReading(read)) throw new Error(JSON.stringify(read));
  return { source: read.value, weight, backup };
}

export function foundAnswer(
  addresses: readonly string[],
  ttlMs: number,
  name = "users",
): Found {
  const endpoints = addresses.map((address) => ({ name, address }));
  return { kind: "found", endpoints, ttlMs, unanswered: [], isCut: false };
}

export function noNews(kind: FailureKind): NoNews {
  const detail = kind === "silence" ? "4 s" : kind === "no_data" ? "addresses" : "NOTIMP";
  return { kind: "no news", failure: { kind, detail, servers: ["10.0.0.2:53"] } };
}

/** A resolver that answers when a test says so. */
export class ScriptedResolver {
  /** The questions that wait for an answer. */
  readonly waiting: { readonly query: Query; readonly answer: (answer: Answer) => void }[] = [];
  /** All questions so far. */
  readonly asked: string[] = [];

  readonly resolve: Resolve = ({ kind, name }, signal) => {
    this.asked.push(`${kind} ${name}`);
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    this.waiting.push({ query: { kind, name }, answer: resolve });
    signal.addEventListener("abort", () => reject(signal.reason));
    return promise;
  };

  /** Answers all questions that wait, and lets it take effect. */
  async answer(answer: Answer | ((query: Query) => Answer)): Promise<void> {
    for (const { query, answer: give } of this.waiting.splice(0)) {
      give(typeof answer === "function" ? answer(query) : answer);
    }
    for (let turn = 0; turn < 5; turn++) await null;
  }
}
