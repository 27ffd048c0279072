/** Asks one DNS server after the other, until one has an answer. */
import { ask, type Asked, type AskOptions } from "./ask.ts";
import type { DecodedMessage } from "./dns_packet.d.ts";
import { type Failure, type FailureKind, isNegative } from "./failure.ts";
import { type DnsServer, formatServer, type Question } from "./question.ts";
import type { Records, Reply } from "./records.ts";
import type { ServerOrder } from "./server_order.ts";

/** How often a server is asked that does not answer. */
const TRIES = 2;

export interface AskServersOptions extends AskOptions {
  readonly servers: readonly DnsServer[];
  /** Remembers which of them answers. */
  readonly order: ServerOrder;
  /** Whether it is worth the time to ask again after silence. */
  readonly mayAskAgain?: () => boolean;
}

/**
 * @param read takes what was asked for out of an answer
 * @returns the records, or the failure of the last server that answered, or else of the last one, with all that
 * failed in the same way
 * @throws the signal's reason
 */
export async function askServers<Data>(
  question: Question,
  read: (message: DecodedMessage, question: Question) => Reply<Data>,
  { servers, order, mayAskAgain = () => true, ...options }: AskServersOptions,
): Promise<Records<Data> | Failure> {
  const failures: Failure[] = [];
  for (const server of order.of(servers, options.wheel.now)) {
    for (let tries = 1;; tries++) {
      const asked = await ask(question, server, options);
      const reply = "message" in asked ? read(asked.message, question) : asked;
      if ("data" in reply || isNegative(reply)) order.answered(server, options.wheel.now);
      if ("data" in reply) return reply;
      if (tries < TRIES && isWorthAnother(reply) && mayAskAgain()) continue;
      failures.push({ ...withTime(reply, tries, options), servers: [formatServer(server)] });
      break;
    }
    const last = failures.at(-1)!;
    if (isNegative(last) || !mayAskAgain()) break;
  }
  const told = failures.findLast(({ kind }) => !UNANSWERED.includes(kind)) ?? failures.at(-1)!;
  const same = failures.filter(({ kind, detail }) => kind === told.kind && detail === told.detail);
  return { ...told, servers: same.flatMap(({ servers }) => servers) };
}

/** Of these a server that answers says more, whichever of them is asked last. */
const UNANSWERED: readonly FailureKind[] = ["silence", "garbage", "not_asked"];

/** Whether it may have been a loss on the way; a server that has answered would say the same again. */
function isWorthAnother({ kind }: Exclude<Asked, { message: unknown }>): boolean {
  return kind === "silence" || kind === "garbage";
}

function withTime(
  failure: Pick<Failure, "kind" | "detail">,
  tries: number,
  { timeoutMs }: AskOptions,
): Pick<Failure, "kind" | "detail"> {
  return failure.kind === "silence"
    ? { ...failure, detail: `${tries * timeoutMs / 1000} s` }
    : failure;
}
