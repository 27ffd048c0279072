/**
 * The health of a backend in memory that workers share. One worker at a time writes it, under a lock; all
 * read it at any time without one, and read again if it was written meanwhile (a seqlock).
 */
import type { CellRecord } from "../shared_memory/cells.ts";
import type { BACKEND } from "../shared_memory/layout.ts";
import type { HealthState } from "./state.ts";

const PHASES = ["in", "out", "trial"] as const;

export class SharedState {
  readonly #cells: CellRecord<typeof BACKEND>;
  /** What was read last, and its version, which is even: while it is odd the state is being written. */
  #state: HealthState | undefined;
  #version = -1;

  constructor(cells: CellRecord<typeof BACKEND>) {
    this.#cells = cells;
  }

  /** The same object until something changes. */
  get current(): HealthState {
    const { version } = this.#cells;
    while (true) {
      const before = version.value;
      if (before === this.#version) return this.#state!;
      if (before % 2 !== 0) continue; // it is being written
      const state = this.#read();
      if (version.value !== before) continue;
      this.#version = before;
      return this.#state = state;
    }
  }

  /** Only for the holder of the pool's lock. */
  write(state: HealthState): void {
    const { version } = this.#cells;
    version.add(1);
    this.#write(state);
    this.#version = version.add(1);
    this.#state = state;
  }

  #read(): HealthState {
    const cells = this.#cells;
    return {
      standing: {
        phase: PHASES[cells.phase.value]!,
        failures: cells.failures.value,
        ejectionMultiplier: cells.ejectionMultiplier.value,
        since: cells.since.value,
        retryAt: cells.retryAt.value,
        ejectedAsUnreachable: cells.ejectedAsUnreachable.value === 1,
        unreachableSince: cells.unreachableSince.value,
        trialWorker: cells.trialWorker.value,
      },
      probed: {
        up: cells.up.value === 1,
        oppositeStreak: cells.oppositeStreak.value,
        known: cells.probed.value === 1,
      },
      announced: {
        failing: cells.announcedFailing.value === 1,
        at: cells.announcedAt.value,
        keptInUse: cells.announcedKeptInUse.value === 1,
        keptInUseAt: cells.announcedKeptInUseAt.value,
      },
    };
  }

  #write({ standing, probed, announced }: HealthState): void {
    const cells = this.#cells;
    cells.phase.value = PHASES.indexOf(standing.phase);
    cells.failures.value = standing.failures;
    cells.ejectionMultiplier.value = standing.ejectionMultiplier;
    cells.since.value = standing.since;
    cells.retryAt.value = standing.retryAt;
    cells.ejectedAsUnreachable.value = Number(standing.ejectedAsUnreachable);
    cells.unreachableSince.value = standing.unreachableSince;
    cells.trialWorker.value = standing.trialWorker;
    cells.up.value = Number(probed.up);
    cells.oppositeStreak.value = probed.oppositeStreak;
    cells.probed.value = Number(probed.known);
    cells.announcedFailing.value = Number(announced.failing);
    cells.announcedAt.value = announced.at;
    cells.announcedKeptInUse.value = Number(announced.keptInUse);
    cells.announcedKeptInUseAt.value = announced.keptInUseAt;
  }
}
