/**
 * The backends of the policy bench, in one process.
 *
 * Use: `deno run -A tests/bench/policies/backends.ts SEED COUNTS_PORT PORT ...`, a port for each backend
 * of setup.ts. At the first port it says what each of them has done so far, as JSON.
 */
import { seeded } from "../../support/random.ts";
import { now } from "../outages/load.ts";
import { lognormal } from "./chance.ts";
import { quantile } from "../quantiles.ts";
import { ANSWER, BACKENDS, type BackendSetup } from "./setup.ts";

/** What a backend has done so far. */
export interface Done {
  /** Requests that have arrived. */
  readonly requests: number;
  /** The median of the service times, in milliseconds: as they were drawn, and as they came out. */
  readonly drawn: number;
  readonly took: number;
}

/** Timers fire from 1 ms early, as they know whole milliseconds only, to 2 ms late; this evens it out. */
const LATE_MS = 0.5;

class Station {
  /** In milliseconds. */
  readonly #drawn: number[] = [];
  readonly #took: number[] = [];
  readonly #setup: BackendSetup;
  readonly #random: () => number;
  /** When each of its places is free again. */
  readonly #freeAt: number[];

  constructor(setup: BackendSetup, random: () => number) {
    this.#setup = setup;
    this.#random = random;
    this.#freeAt = Array(setup.capacity).fill(-Infinity);
  }

  /**
   * Resolves once a request that comes now is served. When that will be is known as it comes; to aim at
   * it keeps the delays of timers from adding up over those who wait.
   */
  async serve(): Promise<void> {
    const { median, sigma } = this.#setup;
    const free = Math.min(...this.#freeAt);
    const begin = Math.max(now(), free);
    const drawn = lognormal(median, sigma, this.#random);
    this.#drawn.push(drawn);
    const end = begin + drawn;
    this.#freeAt[this.#freeAt.indexOf(free)] = end;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, end - now() - LATE_MS)));
    this.#took.push(now() - begin);
  }

  done(): Done {
    return {
      requests: this.#drawn.length,
      drawn: quantile(this.#drawn, 0.5),
      took: quantile(this.#took, 0.5),
    };
  }
}

function listen(port: number, handler: () => Response | Promise<Response>): void {
  Deno.serve({ hostname: "127.0.0.1", port, onListen: () => {} }, handler);
}

if (import.meta.main) {
  const [seed, countsPort, ...ports] = Deno.args.map(Number);
  const stations = BACKENDS.map((setup, index) => {
    const station = new Station(setup, seeded(seed! * BACKENDS.length + index));
    listen(ports[index]!, async () => {
      await station.serve();
      return new Response(ANSWER);
    });
    return station;
  });
  listen(countsPort!, () => Response.json(stations.map((station) => station.done())));
}
