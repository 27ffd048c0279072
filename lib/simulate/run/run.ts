/**
 * One run of a scenario: the pool, the policy, the health rules, the retry rule and the retry budget of
 * the balancer itself, on a virtual clock.
 */
import { OVERLOADED } from "../../http/local_reply.ts";
import { Backend } from "../../backends/backend.ts";
import { firstDelay, nextDelay } from "../../health/probe_schedule.ts";
import type { Outcome } from "../../outcome.ts";
import type { PolicyName } from "../../config/model.ts";
import type { Pool } from "../../pool/pool.ts";
import { createPool } from "../../pool/create_pool.ts";
import { createProxy, type Result } from "../../proxy.ts";
import { RetryBudget } from "../../retry_budget.ts";
import { TICK_MS } from "../../time/timer_wheel.ts";
import type { Arrival } from "../scenario/arrivals.ts";
import { simulateAttempt, simulateProbe, type Timeouts } from "./attempt.ts";
import { EventQueue } from "./event_queue.ts";
import { Figures, type Summary } from "./statistics.ts";
import { quantileFor, stream } from "./random.ts";
import { SimulatedRequest } from "./request.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { SimulatedBackend } from "./simulated_backend.ts";

/** Runs a scenario under a policy until all its requests have come and are over. */
export function simulate(scenario: Scenario, policy: PolicyName): Promise<Summary> {
  return new Run(scenario, policy).toItsEnd();
}

class Run {
  readonly #scenario: Scenario;
  readonly #queue = new EventQueue();
  readonly #figures: Figures;
  readonly #pool: Pool;
  readonly #proxy: (request: SimulatedRequest) => Promise<Result<undefined>>;
  readonly #simulated: readonly SimulatedBackend[];
  /** Where each backend stands in the list. */
  readonly #places: ReadonlyMap<Backend, number>;
  readonly #timeouts: Timeouts;
  readonly #arrivals: Iterator<Arrival>;
  readonly #probeRandom: () => number;
  #arrived = 0;
  #inFlight = 0;
  /** Requests on which the balancer has to act before time goes on. */
  #acting = 0;
  #fault: { readonly error: unknown } | undefined;

  constructor(scenario: Scenario, policyName: PolicyName) {
    const { backends: scripts, config, seed, arrivals, length } = scenario;
    const names = scripts.map(({ name }) => name);
    const backends = scripts.map(({ name, weight }) =>
      new Backend({ url: `http://${name}`, weight })
    );
    this.#scenario = scenario;
    this.#figures = new Figures(policyName, names, arrivals.count, length);
    this.#simulated = scripts.map((script) => new SimulatedBackend(script));
    this.#places = new Map(backends.map((backend, place) => [backend, place]));
    this.#timeouts = { connect: config.CONNECT_TIMEOUT, firstByte: config.FIRST_BYTE_TIMEOUT };
    this.#arrivals = arrivals[Symbol.iterator]();
    this.#probeRandom = stream(seed, "probes");
    this.#pool = this.#startPool(backends, policyName);
    this.#proxy = createProxy<SimulatedRequest, undefined>({
      pool: this.#pool,
      budget: new RetryBudget(config.RETRY_BUDGET),
      forward: (request, backend) => this.#forward(request, backend),
      maxAttempts: config.MAX_ATTEMPTS,
    });
  }

  async toItsEnd(): Promise<Summary> {
    this.#expectArrival();
    if (this.#scenario.config.HEALTH_PATH !== undefined) this.#startProbes();
    while (this.#arrived < this.#scenario.arrivals.count || this.#inFlight > 0) {
      this.#queue.pop()!();
      // The proxy goes on in microtasks; a virtual clock must wait for them as a real one would.
      while (this.#acting > 0) await null;
      if (this.#fault !== undefined) throw this.#fault.error;
    }
    return this.#figures.summary();
  }

  #expectArrival(): void {
    const { value: arrival, done } = this.#arrivals.next();
    if (!done) this.#queue.push(arrival.at, () => this.#arrive(arrival));
  }

  #arrive(arrival: Arrival): void {
    const { MAX_IN_FLIGHT, REQUEST_TIMEOUT } = this.#scenario.config;
    this.#arrived++;
    this.#expectArrival();
    if (this.#inFlight >= MAX_IN_FLIGHT) return this.#figures.error(OVERLOADED);
    this.#inFlight++;
    this.#acting++;
    const request = new SimulatedRequest(arrival, this.#arrived, REQUEST_TIMEOUT, this.#queue);
    this.#proxy(request).then((result) => this.#finish(request, result)).catch((error) => {
      this.#fault = { error };
      this.#acting = 0;
    });
  }

  #forward(request: SimulatedRequest, backend: Backend): Promise<Outcome<undefined>> {
    const { now } = this.#queue;
    const place = this.#places.get(backend)!;
    this.#figures.attempt(place, ++request.attempts, backend.inFlight, now);
    const luck = quantileFor(this.#scenario.seed, request.number, request.attempts);
    const reply = this.#simulated[place]!.ask(now, luck);
    const { at, outcome } = simulateAttempt(reply, now, request.expiresAt, this.#timeouts);
    this.#acting--;
    return new Promise((resolve) =>
      this.#queue.push(at, () => {
        this.#acting++;
        resolve(outcome);
      })
    );
  }

  #finish(request: SimulatedRequest, result: Result<undefined>): void {
    this.#acting--;
    this.#inFlight--;
    if (result.kind === "failed") return this.#figures.error(result.outcome.failure);
    const { backend, outcome } = result;
    this.#pool.end(backend, outcome);
    if (outcome.status >= 500) this.#figures.error(`answered ${outcome.status}`);
    else this.#figures.answered(this.#queue.now - request.at);
  }

  #startProbes(): void {
    const { HEALTH_INTERVAL } = this.#scenario.config;
    for (const [backend, place] of this.#places) {
      const delay = firstDelay(HEALTH_INTERVAL, this.#probeRandom);
      this.#queue.push(delay, () => this.#probe(backend, this.#simulated[place]!));
    }
  }

  #probe(backend: Backend, simulated: SimulatedBackend): void {
    const { HEALTH_TIMEOUT, HEALTH_INTERVAL, HEALTH_STATUS } = this.#scenario.config;
    const begunAt = this.#queue.now;
    const reply = simulated.probe(begunAt);
    const { at, good, reason } = simulateProbe(reply, begunAt, HEALTH_TIMEOUT, HEALTH_STATUS);
    this.#queue.push(at, () => {
      this.#pool.probed(backend, good, reason);
      const next = begunAt + nextDelay(HEALTH_INTERVAL, this.#probeRandom);
      this.#queue.push(next, () => this.#probe(backend, simulated));
    });
  }

  #startPool(backends: readonly Backend[], policy: PolicyName): Pool {
    const { config, seed } = this.#scenario;
    const queue = this.#queue;
    return createPool(config, {
      backends,
      policy,
      isTrusted: () => false,
      clock: { now: () => queue.now - queue.now % TICK_MS, precisely: () => queue.now },
      random: stream(seed, "pool"),
      onEvent: ({ kind }) => {
        if (kind === "ejected") this.#figures.ejections++;
        if (kind === "down") this.#figures.downs++;
      },
    });
  }
}
