/** The endpoints of a service: its SRV records (RFC 2782), and the addresses of their targets. */
import { isIP } from "../is_ip.ts";
import { askAddresses } from "./addresses.ts";
import {
  type Answer,
  compareText,
  type Endpoint,
  found,
  MAX_ENDPOINTS,
  type Unanswered,
} from "./answer.ts";
import { askServers, type AskServersOptions } from "./ask_servers.ts";
import { type Failure, isNegative } from "./failure.ts";
import { readServices, type Service } from "./records.ts";

/** Targets that are asked for at the same time: each takes two sockets. */
const MAX_AT_ONCE = 32;

/**
 * Addresses that the server sends along are not used: they may be only some of a target's.
 *
 * @param asked the full name
 * @throws the options' signal's reason
 */
export async function askServices(asked: string, options: AskServersOptions): Promise<Answer> {
  const records = await askServers({ name: asked, type: "SRV" }, readServices, options);
  if ("kind" in records) return { kind: "no news", failure: records };
  // In an order that does not depend on that of the answer, so that the same ones are used each time.
  const services = records.data.toSorted(compareServices).slice(0, MAX_ENDPOINTS + 1);
  const targets = [...new Set(services.map(({ target }) => target))];
  const answers = new Map(
    await inTurns(
      targets,
      MAX_AT_ONCE,
      async (target) => [target, await addressesOf(target, options)] as const,
    ),
  );
  return combine(services, answers, records.ttlMs);
}

function compareServices(one: Service, other: Service): number {
  return one.priority - other.priority || compareText(one.target, other.target) ||
    one.port - other.port;
}

async function addressesOf(target: string, options: AskServersOptions): Promise<Answer> {
  if (isIP(target) !== 0) return found([{ name: target, address: target }], Infinity, []);
  return await askAddresses(target, target, options);
}

function combine(
  services: readonly Service[],
  answers: ReadonlyMap<string, Answer>,
  ttlMs: number,
): Answer {
  const unanswered: Unanswered[] = [];
  const failures: Failure[] = [];
  for (const [target, answer] of answers) {
    if (answer.kind === "found") {
      ttlMs = Math.min(ttlMs, answer.ttlMs);
      unanswered.push(...answer.unanswered.map(({ failure, ...part }) => ({
        ...part,
        failure: { ...failure, subject: `${target}: ${failure.subject}` },
      })));
      continue;
    }
    const failure = { ...answer.failure, subject: target };
    failures.push(failure);
    if (isNegative(failure)) continue; // it has no addresses: that is an answer
    unanswered.push(...([4, 6] as const).map((version) => ({ name: target, version, failure })));
  }
  const endpoints = services.flatMap(({ target, ...service }): Endpoint[] => {
    const answer = answers.get(target);
    return answer?.kind === "found"
      ? answer.endpoints.map((endpoint) => ({ ...endpoint, service }))
      : [];
  });
  const worst = failures.find((failure) => !isNegative(failure)) ?? failures[0];
  if (endpoints.length === 0 && worst !== undefined) return { kind: "no news", failure: worst };
  return found(endpoints, ttlMs, unanswered);
}

/** Does something with each item, with so many at the same time. */
async function inTurns<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  act: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const waiting = items.entries();
  const worker = async () => {
    for (const [index, item] of waiting) results[index] = await act(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}
