/** The backends and the generated requests of a scenario, each value with its default. */
import { z } from "zod";
import { type Read, reading } from "../../config/values/reading.ts";
import { setting } from "./setting.ts";
import { percentage, wholeNumber } from "../../config/values/quantities.ts";
import { MAX_REQUESTS } from "./arrivals.ts";
import { readBackendSpecs } from "./backend_spec.ts";

const MAX_SEED = 2 ** 32 - 1;

const MAX_CLIENTS = 1_000_000;

/** In requests a second. */
const MIN_RATE = 0.001;

/** In requests a second. */
const MAX_RATE = 1_000_000;

/** Four backends, one of them five times slower than the others. */
const DEFAULT_BACKENDS = [20, 20, 20, 100]
  .map((medianMs) => `lognormal(${medianMs}ms,0.5) capacity=8`)
  .join(";");

export const Workload = z.object({
  seed: setting("1", (text) => wholeNumber(text, 0, MAX_SEED)),
  backends: setting(DEFAULT_BACKENDS, readBackendSpecs),
  rate: setting("250", readRate),
  requests: setting("100000", (text) => wholeNumber(text, 1, MAX_REQUESTS)),
  posts: setting("0%", percentage),
  clients: setting("1000", (text) => wholeNumber(text, 1, MAX_CLIENTS)),
});

export type WorkloadName = keyof typeof Workload.shape;

export const WORKLOAD_NAMES = Object.keys(Workload.shape) as WorkloadName[];

/** The values that describe generated requests, and so exclude recorded ones. */
export const TRAFFIC_NAMES = ["rate", "requests", "posts", "clients"] as const;

/** `400` or `0.5`, in requests a second. */
function readRate(text: string): Read<number> {
  const rate = /^\d{1,7}(?:\.\d{1,6})?$/.test(text) ? Number(text) : NaN;
  return rate >= MIN_RATE && rate <= MAX_RATE
    ? reading(rate)
    : `must be ${MIN_RATE} to ${MAX_RATE} a second`;
}
