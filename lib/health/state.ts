/** The health of a backend: all that is known of it, and what the monitor needs of its owner. */
import type { AnnouncementState } from "./announcements.ts";
import type { Standing } from "./ejection.ts";
import type { ProbeState } from "./probe_state.ts";

export interface HealthState {
  /** By its own answers. */
  readonly standing: Standing;
  /** By its probes. */
  readonly probed: ProbeState;
  /** What the log says about it. */
  readonly announced: AnnouncementState;
}

/** A backend, as far as its health is concerned: this layer does not know the rest of it. */
export interface MonitoredBackend {
  readonly id: string;
  /** Tells it from one with the same id that was taken out before. */
  readonly uid: number;
  readonly url: string;
  state: HealthState;
  readonly standing: Standing;
  readonly probed: ProbeState;
  /** Whether it is neither ejected nor found down by probes. */
  readonly usable: boolean;
  /** Forgets its latency, which is from before an outage. */
  forgetLatency(): void;
}
