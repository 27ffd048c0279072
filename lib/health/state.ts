/** What is known of a backend's health, and what keeps it. */
import type { AnnouncementState } from "./announcements.ts";
import type { Standing } from "./ejection.ts";
import type { Probed } from "./probe_state.ts";

/** Where a backend stands. */
export interface State {
  /** By what its own answers say. */
  readonly standing: Standing;
  /** By what its probes say. */
  readonly probed: Probed;
  /** What the log was told of it. */
  readonly announced: AnnouncementState;
}

/** What has a health: a backend. */
export interface HealthTarget {
  readonly id: string;
  readonly url: string;
  state: State;
  readonly standing: Standing;
  readonly probed: Probed;
  readonly usable: boolean;
  /** Forgets how long its answers took: an outage is over. */
  forgetLatency(): void;
}
