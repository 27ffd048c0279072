/**
 * Where a backend stands, in memory that workers share. It is written by one at a time, under a lock, and
 * read by all at any time without one: whoever reads while it is written reads again (a seqlock).
 */
import type { Row } from "../shared_memory/cells.ts";
import type { BACKEND } from "../shared_memory/layout.ts";
import type { State } from "./state.ts";

const PHASES = ["in", "out", "trial"] as const;

export class SharedState {
  readonly #cells: Row<typeof BACKEND>;
  /** What was read last, and which version that was: an odd one never is. */
  #state: State | undefined;
  #version = -1;

  constructor(cells: Row<typeof BACKEND>) {
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
        times: cells.times.value,
        since: cells.since.value,
        dueAt: cells.dueAt.value,
        unreachable: cells.unreachable.value === 1,
        triedBy: cells.triedBy.value,
      },
      probed: {
        up: cells.up.value === 1,
        against: cells.against.value,
        known: cells.probed.value === 1,
      },
      told: {
        failing: cells.toldFailing.value === 1,
        at: cells.toldAt.value,
        spared: cells.toldSpared.value === 1,
      },
    };
  }

  #write({ standing, probed, told }: State): void {
    const cells = this.#cells;
    cells.phase.value = PHASES.indexOf(standing.phase);
    cells.failures.value = standing.failures;
    cells.times.value = standing.times;
    cells.since.value = standing.since;
    cells.dueAt.value = standing.dueAt;
    cells.unreachable.value = Number(standing.unreachable);
    cells.triedBy.value = standing.triedBy;
    cells.up.value = Number(probed.up);
    cells.against.value = probed.against;
    cells.probed.value = Number(probed.known);
    cells.toldFailing.value = Number(told.failing);
    cells.toldAt.value = told.at;
    cells.toldSpared.value = Number(told.spared);
  }
}
