/**
 * Whether every answer was right: of a few requests to the last byte, and of a burst as far as counting
 * tells.
 */
import type { Backends } from "./backends.ts";
import type { Counts } from "./backend.ts";
import { ClientConnection } from "./client_connection.ts";
import type { Workload } from "./workloads.ts";
import type { Burst } from "./wrk.ts";

const REQUESTS = 300;
const CONNECTIONS = 6;

/** The least and the most bytes that an answer has with its head. */
export interface AnswerLength {
  readonly least: number;
  readonly most: number;
}

export interface Checked {
  /** What was wrong; nothing, if all is well. */
  readonly wrong: readonly string[];
  readonly length: AnswerLength;
}

/**
 * Compares each byte of some hundred answers, and asks the backends whether each request came as it should.
 */
export async function check(
  port: number,
  workload: Workload,
  backends: Backends,
  authority: string | undefined,
): Promise<Checked> {
  const [exchanges, counts] = await backends.during(async () =>
    (await Promise.all(Array.from({ length: CONNECTIONS }, async () => {
      using connection = await ClientConnection.open(port, workload, authority);
      const exchanges = [];
      for (let sent = 0; sent < REQUESTS / CONNECTIONS; sent++) {
        const exchange = await connection.exchange();
        exchanges.push(exchange);
        if (exchange.wrong !== undefined) break;
      }
      return exchanges;
    }))).flat()
  );
  const lengths = exchanges.map(({ length }) => length);
  return {
    wrong: [
      ...exchanges.flatMap(({ wrong }) => wrong ?? []),
      ...wrongCounts(counts, REQUESTS, REQUESTS),
    ],
    length: { least: Math.min(...lengths), most: Math.max(...lengths) },
  };
}

/** What speaks against a burst. @param connections as many requests may have been under way at its end */
export function wrongOfBurst(
  { requests, bytes, errors }: Burst,
  counts: Counts,
  { least, most }: AnswerLength,
  connections: number,
): string[] {
  const failed = Object.entries(errors).filter(([, count]) => count > 0)
    .map(([what, count]) => `${count} errors of wrk: ${what}`);
  const isLength = bytes >= requests * least && bytes <= (requests + connections) * most;
  return [
    ...failed,
    ...(isLength ? [] : [`${requests} answers of ${least} to ${most} bytes had ${bytes} bytes`]),
    ...(requests === 0 ? ["no answer"] : []),
    ...wrongCounts(counts, requests, requests + connections),
  ];
}

/** What the backends have to say against it, if from `least` to `most` requests were sent to them. */
function wrongCounts({ right, unnamed, wrong }: Counts, least: number, most: number): string[] {
  return [
    ...(wrong === 0 ? [] : [`${wrong} requests reached a backend otherwise than they were sent`]),
    ...(unnamed === 0 ? [] : [`${unnamed} requests reached a backend without X-Forwarded-For`]),
    ...(right >= least && right <= most
      ? []
      : [`${right} requests reached a backend where ${least} to ${most} were sent`]),
  ];
}
