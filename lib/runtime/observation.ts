/**
 * What the control plane learns while workers serve: the addresses and the health of backends, and what
 * happens to requests.
 */
import { urlOf } from "../backends/backend.ts";
import { type LineFormat, namesIn } from "../logging/access_log.ts";
import type { Clock } from "../time/clock.ts";
import { namesOf } from "./backend_names.ts";
import { BackendSources } from "./backend_sources.ts";
import { CertificateWatch } from "./certificate_watch.ts";
import { LogRouter } from "./log_router.ts";
import type { LogNotice } from "./messages.ts";
import { ObservedPools } from "./observed_pools.ts";
import { Reasons } from "./reasons.ts";
import type { ResolvedConfiguration } from "./revision.ts";
import { type Revisions, statefulOf } from "./revisions.ts";

export interface ObservationOptions {
  readonly clock: Clock;
  /** How many share the memory, the control plane included. */
  readonly workers: number;
  readonly revisions: Pick<Revisions, "knows">;
  /** How access log lines are written; by default as the configuration says. */
  readonly logFormat: LineFormat | undefined;
  /** Called with what the log should say. */
  readonly onInfo: (message: string) => void;
  /** Called with what the log should warn of, of certificates: once a day for each. */
  readonly onExpiry: (warning: string) => void;
}

export class Observation implements AsyncDisposable {
  /** Called when the backends of the configuration in force may have changed; by default nothing is done. */
  onBackendsFound: () => void = () => {};
  readonly pools: ObservedPools;
  readonly sources: BackendSources;
  /** Why backends are in their state. */
  readonly reasons: Reasons = new Reasons(Date.now);
  readonly #revisions: Pick<Revisions, "knows">;
  readonly #logFormat: LineFormat | undefined;
  readonly #logs: LogRouter;
  readonly #certificates: CertificateWatch;

  constructor(options: ObservationOptions) {
    const { clock, workers, revisions, logFormat, onInfo } = options;
    this.#revisions = revisions;
    this.#logFormat = logFormat;
    this.#logs = new LogRouter({ clock: clock.now });
    const onWarning = (message: string) => this.#logs.route({ kind: "warning", message });
    this.sources = new BackendSources({
      ...{ wheel: clock.wheel, random: Math.random, wallClock: Date.now },
      ...{ onChange: () => this.onBackendsFound(), onWarning, onInfo },
    });
    this.#certificates = new CertificateWatch({
      ...{ wheel: clock.wheel, now: Date.now },
      onWarning: options.onExpiry,
    });
    this.pools = new ObservedPools({
      ...{ workers, clock, onWarning },
      onEvent: (event, pool) => this.report({ kind: "event", event, pool }),
      onConnectFailed: (url) => this.sources.connectFailed(url),
    });
  }

  /** A configuration is in force: what is not in it is forgotten. */
  take(config: ResolvedConfiguration): void {
    this.#logs.namesPools = Object.keys(config.pools).length > 1;
    this.#logs.names = namesOf(config, namesIn(this.#logFormat));
    this.reasons.retain(statefulOf(config).pools);
    this.#certificates.take(config);
  }

  /** Takes note of what a worker or the control plane reports, and logs it. */
  readonly report = (notice: LogNotice): void => {
    if (notice.kind !== "event") return this.#logs.route(notice);
    const { event, pool } = notice;
    // What a backend that was taken out still does is no news.
    if (!this.#revisions.knows(pool, event)) return;
    this.#logs.route(notice);
    this.reasons.note(event, pool);
    if (event.kind === "fails" || event.kind === "ejected") {
      this.sources.connectFailed(urlOf(event.backend));
    }
  };

  async [Symbol.asyncDispose](): Promise<void> {
    this.#certificates[Symbol.dispose]();
    await Promise.all([this.pools[Symbol.asyncDispose](), this.sources[Symbol.asyncDispose]()]);
  }
}
