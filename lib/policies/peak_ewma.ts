/**
 * Peak EWMA: of two candidates drawn by chance, the one from which an answer is to be expected sooner:
 * its latency average times what it has in flight, for its weight (Finagle, Linkerd).
 *
 * A backend that was slow is left alone, and what is left alone gives no news. Three things keep that
 * from lasting for ever: its average fades with time, one draw in a hundred is followed wherever it
 * leads, and an average ends with an outage (see lib/health/monitor.ts).
 */
import type { Backend } from "../backends/backend.ts";
import { expected, sampled } from "../backends/ewma.ts";
import { FAILURES } from "../outcome.ts";
import { drawTwo } from "../backends/weight_classes.ts";
import type { Observation, Policy } from "./policy.ts";

/** The share of picks that no average decides. */
export const EXPLORATION = 0.01;

/** How many times the cost of another one is no chance. */
const SUSPECT_FACTOR = 2;

/** What each request in flight counts, in milliseconds, while nothing is known of a backend: so that it
 * gets one, and no more until that is answered. */
const UNKNOWN_COST_MS = 1_000_000;

/** No answer counts as faster than this, or what is in flight would not count; in milliseconds. */
const MIN_LATENCY_MS = 0.01;

/** What a backend is taken to need of which only failures and errors are known, in milliseconds. */
const FAILURE_PENALTY_MS = 200;

/** What failures that follow on each other make of an average at most, in milliseconds. */
const MAX_LATENCY_MS = 10_000;

export const peakEwma: Policy = {
  prefersIdle: true,

  pick(candidates, { random, now }) {
    const [first, second] = drawTwo(candidates, random);
    if (second === undefined || random() < EXPLORATION) return first;
    const unit = Math.min(first.weight, second.weight);
    const [one, other] = [costOf(first, unit, now), costOf(second, unit, now)];
    if (one <= other) return first;
    // Averages are never quite the same. If the better one were always taken, two backends of weights 10
    // and 1 would get half each; so while it is not much better, from a heavier to a lighter one only as
    // many go as come back.
    const isMuchBetter = one > SUSPECT_FACTOR * other;
    return isMuchBetter || random() * first.weight < second.weight ? second : first;
  },

  observe(backend, observation) {
    const sample = sampleOf(backend, observation);
    if (sample !== undefined) {
      backend.latency = sampled(backend.latency, sample, observation.now);
    }
  },
};

/** @param unit the weight of a backend to which one in flight means what it says */
function costOf({ latency, inFlight, weight }: Backend, unit: number, now: number): number {
  const load = inFlight * unit / weight;
  if (latency === undefined) return UNKNOWN_COST_MS * load;
  return Math.max(MIN_LATENCY_MS, expected(latency, now)) * (load + 1);
}

/**
 * What an attempt says of its backend's latency, in milliseconds; undefined where that is nothing.
 *
 * Errors are fast: what fails twice as fast must not look twice as good. So an answer of 500 and more
 * never makes an average better, and a failure doubles it.
 */
function sampleOf(
  { latency }: Backend,
  { request, outcome, milliseconds, now }: Observation,
): number | undefined {
  if (request.hasUpload) return undefined; // that is the client's time, too
  if (outcome.kind === "failed") {
    if (!FAILURES[outcome.failure].blamesBackend) return undefined;
    const before = latency === undefined ? FAILURE_PENALTY_MS : expected(latency, now);
    return Math.max(milliseconds, Math.min(MAX_LATENCY_MS, 2 * before));
  }
  if (outcome.status < 500) return milliseconds;
  return Math.max(milliseconds, latency?.average ?? FAILURE_PENALTY_MS);
}
