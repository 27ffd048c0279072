/**
 * All ways in which the configuration of a running balancer changes: it is read again, addresses of names
 * change, a certificate comes, or the operator sets something by hand.
 */
import type { Configuration } from "../config/model.ts";
import type { Wheel } from "../time/timer_wheel.ts";
import type { Acme } from "./acme.ts";
import type { ByHand } from "./by_hand.ts";
import { type ConfigurationSource, sourceOf } from "./configuration_source.ts";
import { LiveConfiguration } from "./live_configuration.ts";
import type { Observation } from "./observation.ts";
import { Reloads } from "./reload.ts";
import { type FilesRead, ReloadOnChange } from "./reload_on_change.ts";
import type { Revision } from "./revision.ts";
import type { Revisions } from "./revisions.ts";
import type { Supervisor } from "./supervisor.ts";
import { TakeChanges } from "./take_changes.ts";

export interface ReconfigurationOptions {
  /** The configuration that the balancer starts with. */
  readonly config: Configuration;
  /** What workers begin with. */
  readonly first: Revision;
  /** Where a reload reads the configuration; by default it stays as it is. */
  readonly source: ConfigurationSource | undefined;
  readonly wheel: Wheel;
  readonly revisions: Revisions;
  readonly supervisor: Supervisor;
  readonly observation: Observation;
  readonly byHand: ByHand;
  readonly acme: Acme;
}

export class Reconfiguration implements AsyncDisposable {
  readonly live: LiveConfiguration;
  readonly reloads: Reloads;
  readonly #source: ConfigurationSource;
  readonly #observation: Observation;
  readonly #onChange: ReloadOnChange;
  readonly #addresses: TakeChanges;
  readonly #acme: Acme;
  readonly #certificates: TakeChanges;
  readonly #started = Promise.withResolvers<void>();

  constructor(options: ReconfigurationOptions) {
    const { config, first, revisions, supervisor, observation, byHand, acme, wheel } = options;
    const { pools, sources } = observation;
    this.#source = options.source ?? sourceOf(config);
    this.#observation = observation;
    this.live = new LiveConfiguration(config, first, {
      ...{ revisions, supervisor, pools, sources, acme },
      started: this.#started.promise,
      adjust: (config) => acme.apply(byHand.apply(config)),
      onChanged: ({ after }) => observation.take(after),
    });
    this.reloads = new Reloads({
      source: this.#source,
      live: this.live,
      now: Date.now,
      inFlightAt: (pool, url) => pools.inFlightAt(pool, url),
      onRead: (read, isRefused) => this.#watch(read, isRefused),
    });
    const { report } = observation;
    const taking = { live: this.live, wheel, report };
    this.#addresses = new TakeChanges({ ...taking, failure: "backends cannot be changed" });
    this.#acme = acme;
    this.#certificates = new TakeChanges({ ...taking, failure: "certificates cannot be changed" });
    this.#onChange = new ReloadOnChange({
      wheel,
      reload: () => this.reloads.reload("a changed file"),
    });
  }

  /**
   * The balancer serves: what was asked for meanwhile is done, and from now on files and names are
   * watched, and certificates ordered: authorities find the listeners open.
   */
  start(): void {
    const observation = this.#observation;
    this.#started.resolve();
    this.#watch(this.#source.first, false);
    observation.onBackendsFound = () => this.#addresses.take();
    observation.onBackendsFound(); // some may have been found meanwhile
    this.#acme.onCertificate = () => this.#certificates.take();
    this.#acme.start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#addresses[Symbol.dispose]();
    this.#certificates[Symbol.dispose]();
    await Promise.all([this.#onChange, this.#acme].map((part) => part[Symbol.asyncDispose]()));
  }

  /** Watches the files that a configuration was made of. @param isRefused whether it is not in force */
  #watch(read: FilesRead, isRefused: boolean): void {
    if (isRefused) this.#onChange.add(read);
    else this.#onChange.take(read, this.live.written.watch);
  }
}
