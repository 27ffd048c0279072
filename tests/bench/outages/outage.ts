/** One outage: healthy for a while, one of three backends failing, and healthy again, all under load. */
import type { Fault } from "./faults.ts";
import { now, sendLoad, sleepUntil } from "./load.ts";
import type { Run } from "./report.ts";
import { Site } from "./site.ts";

/** Each how manieth request is a POST. */
const POST_EVERY = 5;

/** In seconds. */
const WARM_UP = 3;
const AFTERWARDS = 5;
export const OUTAGE = Number(Deno.env.get("OUTAGE_SECONDS") ?? 10);

export async function runOutage(kind: string, fault: Fault): Promise<Run> {
  await using site = await Site.open(fault.settings);
  const load = sendLoad({
    port: site.port,
    seconds: WARM_UP + OUTAGE + AFTERWARDS,
    postEvery: POST_EVERY,
  });
  const moments = await failMeanwhile(site, fault);
  const sent = await load;
  return { kind, fault, sent, ledgers: await site.ledgers(), ...moments };
}

/** @returns when the failure began, and when its backend was back */
async function failMeanwhile({ backends: [backend] }: Site, fault: Fault) {
  const failedAt = now() + WARM_UP * 1000;
  const endsAt = failedAt + OUTAGE * 1000;
  await sleepUntil(failedAt);
  await fault.begin(backend!);
  let backAt = endsAt;
  if (fault.halfway !== undefined) {
    await sleepUntil((failedAt + endsAt) / 2);
    await fault.halfway(backend!);
    backAt = now();
  }
  await sleepUntil(endsAt);
  await fault.end(backend!);
  return { failedAt, backAt };
}
