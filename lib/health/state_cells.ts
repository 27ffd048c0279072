/**
 * Where a backend stands, in memory that workers share. It is written by one at a time, under a lock, and
 * read by all at any time without one: whoever reads while it is written reads again (a seqlock).
 */
import type { CellRecord } from "../shared_memory/cells.ts";
import type { BACKEND } from "../shared_memory/layout.ts";
import type { State } from "./state.ts";

const PHASES = ["in", "out", "trial"] as const;

export class SharedState {
  readonly #cells: CellRecord<typeof BACKEND>;
  /** What was read last, and which version that was: an odd one never is. */
  #state: State | undefined;
  #version = -1;

  constructor(cells: CellRecord<typeof BACKEND>) {
    this.#cells = cells;
  }

  /** The same object until something has changed. */
  get current(): State {
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

  /** For one at a time: whoever holds the lock of the pool. */
  write(state: State): void {
    const { version } = this.#cells;
    version.add(1);
    this.#write(state);
    this.#version = version.add(1);
    this.#state = state;
  }

  #read(): State {
    const cells = this.#cells;
    return {
      standing: {
        phase: PHASES[cells.phase.value]!,
        failures: cells.failures.value,
        ejectionMultiplier: cells.ejectionMultiplier.value,
        since: cells.since.value,
        retryAt: cells.retryAt.value,
        unreachable: cells.unreachable.value === 1,
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
        spared: cells.announcedSpared.value === 1,
      },
    };
  }

  #write({ standing, probed, announced }: State): void {
    const cells = this.#cells;
    cells.phase.value = PHASES.indexOf(standing.phase);
    cells.failures.value = standing.failures;
    cells.ejectionMultiplier.value = standing.ejectionMultiplier;
    cells.since.value = standing.since;
    cells.retryAt.value = standing.retryAt;
    cells.unreachable.value = Number(standing.unreachable);
    cells.trialWorker.value = standing.trialWorker;
    cells.up.value = Number(probed.up);
    cells.oppositeStreak.value = probed.oppositeStreak;
    cells.probed.value = Number(probed.known);
    cells.announcedFailing.value = Number(announced.failing);
    cells.announcedAt.value = announced.at;
    cells.announcedSpared.value = Number(announced.spared);
  }
}
