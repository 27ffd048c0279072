/**
 * What all backends together get when all of them fail at once: each retry adds to the load of backends that are
 * in trouble already, so there must be few of them.
 */
import { perSecond } from "./ledgers.ts";
import { now, sendLoad, sleepUntil } from "./load.ts";
import { OUTAGE } from "./outage.ts";
import { countResults, quantiles } from "./report.ts";
import { Site } from "./site.ts";

/** In seconds. */
const WARM_UP = 10;
const FAILING = OUTAGE * 1.2;

/** The most that backends may receive for each request of a client. */
const TARGET = 1.25;

export interface Amplification {
  readonly sound: boolean;
  readonly lines: readonly string[];
}

/** Each backend reads each request, and closes. */
export async function runAllDie(): Promise<Amplification> {
  await using site = await Site.open();
  const load = sendLoad({ port: site.port, seconds: WARM_UP + FAILING });
  await sleepUntil(now() + WARM_UP * 1000);
  await Promise.all(site.backends.map((backend) => backend.sendCommand("close")));
  const from = now();
  const sent = await load;
  const until = sent.at(-1)!.due;

  const failing = sent.filter(({ due }) => due >= from);
  const received = (await site.ledgers()).flat().map(({ at }) => at);
  const perSecondSent = perSecond(sent.map(({ due }) => due), from, until);
  const perSecondReceived = perSecond(received, from, until);
  const ratio = sum(perSecondReceived) / sum(perSecondSent);
  const ratios = perSecondReceived.map((count, second) =>
    (count / perSecondSent[second]!).toFixed(2)
  );
  const [p50, p99, max] = quantiles(failing.map(({ took }) => took), [0.5, 0.99, 1]);
  return {
    sound: ratio <= TARGET,
    lines: [
      `clients sent ${sum(perSecondSent)}, backends received ${sum(perSecondReceived)}: ` +
      `${ratio.toFixed(3)} per request, at most ${TARGET} wanted`,
      `per second: ${ratios.join(" ")}`,
      `answers after p50 ${p50} ms, p99 ${p99} ms, max ${max} ms`,
      ...countResults(failing).map(([result, times]) => `${times} × GET: ${result}`),
    ],
  };
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
