/**
 * Peak EWMA: of two candidates drawn at random, the one that is expected to answer sooner: by its latency
 * average times its requests in flight for its weight (Finagle, Linkerd).
 *
 * A backend that was slow gets few requests, so its average gets few new samples. Three things keep that
 * from lasting: an average decays with time, one pick in a hundred ignores averages, and an average is
 * forgotten when an outage ends (lib/health/monitor.ts).
 */
import type { Backend } from "../backends/backend.ts";
import { addSample, decayedAverage } from "../backends/ewma.ts";
import { blamesBackend } from "../outcome.ts";
import { drawTwo } from "../backends/weight_classes.ts";
import type { Observation, Policy } from "./policy.ts";

/** The share of picks that ignore the averages. */
export const EXPLORATION = 0.01;

/** A cost of more than this times another one is not taken for noise. */
const MUCH_WORSE_FACTOR = 2;

/** The cost of each request in flight while no latency is known, in milliseconds: it is so high that the
 * backend gets one request, and no more until that is answered. */
const UNKNOWN_COST_MS = 1_000_000;

/** The lowest latency that counts, in milliseconds: with 0, requests in flight would not count. */
const MIN_LATENCY_MS = 0.01;

/** The latency assumed for a backend that has only failed so far, in milliseconds. */
const FAILURE_PENALTY_MS = 200;

/** Failures in a row raise an average up to this, in milliseconds. */
const MAX_LATENCY_MS = 10_000;

export const peakEwma: Policy = {
  prefersIdle: true,

  pick(candidates, { random, now }) {
    const [first, second] = drawTwo(candidates, random);
    if (second === undefined || random() < EXPLORATION) return first;
    const unit = Math.min(first.weight, second.weight);
    const cost = estimateCost(first, unit, now);
    const otherCost = estimateCost(second, unit, now);
    if (cost <= otherCost) return first;
    // Averages are never exactly equal. If the better one always won, backends of weights 10 and 1 would
    // get half each. So unless it is much better, a heavier one loses only as many picks to a lighter one
    // as it wins from it.
    const isMuchBetter = cost > MUCH_WORSE_FACTOR * otherCost;
    return isMuchBetter || random() * first.weight < second.weight ? second : first;
  },

  observe(backend, observation) {
    const sample = deriveSample(backend, observation);
    if (sample !== undefined) {
      backend.latency = addSample(backend.latency, sample, observation.now);
    }
  },
};

/** @param unit the weight for which a request in flight counts as one */
function estimateCost({ latency, inFlight, weight }: Backend, unit: number, now: number): number {
  const load = inFlight * unit / weight;
  if (latency === undefined) return UNKNOWN_COST_MS * load;
  return Math.max(MIN_LATENCY_MS, decayedAverage(latency, now)) * (load + 1);
}

/**
 * The latency sample of an attempt, in milliseconds; undefined if it shows nothing about its backend.
 *
 * Errors are fast, and a backend must not look good because it fails fast. So an answer of 500 and more
 * never lowers an average, and a failure doubles it.
 */
function deriveSample(
  { latency }: Backend,
  { request, outcome, milliseconds, now }: Observation,
): number | undefined {
  if (request.hasUpload) return undefined; // the time includes the client's
  if (outcome.kind === "failed") {
    if (!blamesBackend(outcome)) return undefined;
    const before = latency === undefined ? FAILURE_PENALTY_MS : decayedAverage(latency, now);
    return Math.max(milliseconds, Math.min(MAX_LATENCY_MS, 2 * before));
  }
  if (outcome.status < 500) return milliseconds;
  return Math.max(milliseconds, latency?.average ?? FAILURE_PENALTY_MS);
}
