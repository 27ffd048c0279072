/** Checks responses: each byte of a few hundred, and the number and total size of those in a burst. */
import type { Backends } from "./backends.ts";
import type { Counts } from "./backend.ts";
import { ClientConnection } from "./client_connection.ts";
import type { Workload } from "./workloads.ts";
import type { Burst } from "./wrk.ts";

const REQUESTS = 300;
const CONNECTIONS = 6;

/** The least and the most bytes of a response, its head included. */
export interface AnswerLength {
  readonly least: number;
  readonly most: number;
}

export interface Checked {
  /** What was wrong; empty if all was right. */
  readonly wrong: readonly string[];
  readonly length: AnswerLength;
}

/**
 * Compares each byte of a few hundred responses, and checks what the backends received.
 *
 * @param authority the trusted certificate, as PEM, if the workload is over TLS
 * @param namesClient whether each request must have X-Forwarded-For
 */
export async function check(
  port: number,
  workload: Workload,
  backends: Backends,
  authority: string | undefined,
  namesClient: boolean,
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
      ...checkCounts(counts, REQUESTS, REQUESTS, namesClient),
    ],
    length: { least: Math.min(...lengths), most: Math.max(...lengths) },
  };
}

/**
 * Finds what was wrong in a burst.
 *
 * @param connections the most requests that may have been in flight when it ended
 * @param namesClient whether each request must have X-Forwarded-For
 */
export function checkBurst(
  { requests, bytes, errors }: Burst,
  counts: Counts,
  { least, most }: AnswerLength,
  connections: number,
  namesClient: boolean,
): string[] {
  const failed = Object.entries(errors).filter(([, count]) => count > 0)
    .map(([what, count]) => `wrk counted ${count} errors of kind ${what}`);
  const isLength = bytes >= requests * least && bytes <= (requests + connections) * most;
  return [
    ...failed,
    ...(isLength
      ? []
      : [`${requests} responses of ${least} to ${most} bytes each had ${bytes} bytes in total`]),
    ...(requests === 0 ? ["no response"] : []),
    ...checkCounts(counts, requests, requests + connections, namesClient),
  ];
}

/** Finds what was wrong in the backends' counts if `least` to `most` requests were sent to them. */
function checkCounts(
  { right, unnamed, wrong }: Counts,
  least: number,
  most: number,
  namesClient: boolean,
): string[] {
  return [
    ...(wrong === 0 ? [] : [`${wrong} requests reached a backend changed`]),
    ...(unnamed === 0 || !namesClient
      ? []
      : [`${unnamed} requests reached a backend without X-Forwarded-For`]),
    ...(right >= least && right <= most
      ? []
      : [`${right} requests reached a backend, but ${least} to ${most} were sent`]),
  ];
}
