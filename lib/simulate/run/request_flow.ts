/** The requests of a run: they arrive, the balancer's own proxy attempts them, and they end. */
import type { Backend } from "../../backends/backend.ts";
import { OVERLOADED } from "../../http/local_reply.ts";
import type { Outcome } from "../../outcome.ts";
import type { Pool } from "../../pool/pool.ts";
import { createProxy, type Result } from "../../proxy.ts";
import { RetryBudget } from "../../retry_budget.ts";
import type { Arrival } from "../scenario/arrivals.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { simulateAttempt, type Timeouts } from "./attempt.ts";
import type { EventQueue } from "./event_queue.ts";
import type { SimulatedBackend } from "./simulated_backend.ts";
import { SimulatedRequest } from "./simulated_request.ts";
import type { Statistics } from "./statistics.ts";
import { drawWorkQuantile } from "./work_quantile.ts";

/** What stands behind a backend of the pool. */
export interface Server {
  /** The backend's place in the scenario, from 0. */
  readonly index: number;
  readonly simulated: SimulatedBackend;
}

/** What requests need of a run. */
export interface FlowContext {
  readonly scenario: Scenario;
  readonly queue: EventQueue;
  readonly pool: Pool;
  readonly servers: ReadonlyMap<Backend, Server>;
  readonly statistics: Statistics;
}

export class RequestFlow {
  readonly #context: FlowContext;
  readonly #timeouts: Timeouts;
  readonly #proxy: (request: SimulatedRequest) => Promise<Result<undefined>>;
  readonly #arrivals: Iterator<Arrival>;
  #arrived = 0;
  #inFlight = 0;
  /** How many requests the proxy works on, instead of waiting for an event. */
  #active = 0;
  #failure: { readonly error: unknown } | undefined;

  constructor(context: FlowContext) {
    const { arrivals, config } = context.scenario;
    this.#context = context;
    this.#timeouts = config.pool.timeouts;
    this.#arrivals = arrivals[Symbol.iterator]();
    this.#proxy = createProxy<SimulatedRequest, undefined>({
      pool: context.pool,
      budget: new RetryBudget(config.pool.retry.budget),
      forward: (request, backend) => this.#forward(request, backend),
      maxAttempts: config.pool.retry.attempts,
    });
  }

  /** Whether all requests have arrived and ended. */
  get isOver(): boolean {
    return this.#inFlight === 0 && this.#arrived === this.#context.scenario.arrivals.count;
  }

  /** Whether time must stand still until {@linkcode settle}. */
  get isActive(): boolean {
    return this.#active > 0;
  }

  start(): void {
    this.#scheduleArrival();
  }

  /**
   * Waits until the proxy waits for events only. It works in microtasks, during which the virtual
   * clock must not move, as a real clock hardly does.
   *
   * @throws what the proxy throws
   */
  async settle(): Promise<void> {
    while (this.#active > 0) await null;
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #scheduleArrival(): void {
    const { value: arrival, done } = this.#arrivals.next();
    if (!done) this.#context.queue.push(arrival.at, () => this.#arrive(arrival));
  }

  #arrive(arrival: Arrival): void {
    const { queue, statistics, scenario: { config } } = this.#context;
    this.#arrived++;
    this.#scheduleArrival();
    if (this.#inFlight >= config.maxInFlight) return statistics.countError(OVERLOADED);
    this.#inFlight++;
    this.#active++;
    const request = new SimulatedRequest(
      arrival,
      this.#arrived,
      config.pool.timeouts.request,
      queue,
    );
    this.#proxy(request).then((result) => this.#finish(request, result)).catch((error) => {
      this.#failure = { error };
      this.#active = 0;
    });
  }

  #forward(request: SimulatedRequest, backend: Backend): Promise<Outcome<undefined>> {
    const { queue, servers, statistics, scenario: { seed } } = this.#context;
    const { now } = queue;
    const { index, simulated } = servers.get(backend)!;
    statistics.countAttempt(index, ++request.attempts, backend.inFlight, now);
    const quantile = drawWorkQuantile(seed, request.number, request.attempts);
    const reply = simulated.receive(now, quantile);
    const { at, outcome } = simulateAttempt(reply, now, request.expiresAt, this.#timeouts);
    this.#active--;
    return new Promise((resolve) =>
      queue.push(at, () => {
        this.#active++;
        resolve(outcome);
      })
    );
  }

  #finish(request: SimulatedRequest, result: Result<undefined>): void {
    const { pool, queue, statistics } = this.#context;
    this.#active--;
    this.#inFlight--;
    if (result.kind === "failed") return statistics.countError(result.outcome.failure);
    const { backend, outcome } = result;
    pool.end(backend, outcome);
    if (outcome.status >= 500) statistics.countError(`answered ${outcome.status}`);
    else statistics.countAnswer(queue.now - request.arrivedAt);
  }
}
