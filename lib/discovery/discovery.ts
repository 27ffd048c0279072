/**
 * Keeps the backends of names up to date: resolves each name again and again, once for all pools that use it,
 * and tells them when something has changed. It runs in the control plane, for all workers.
 */
import type { DiscoveredConfig } from "../config/model.ts";
import type { Query } from "../net/resolver/resolver.ts";
import type { DiscoveryOptions, DiscoverySettings } from "./options.ts";
import type { SourceBackends } from "./source_backends.ts";
import { type OnChange, SourceUser } from "./source_user.ts";
import { type NameStatus, WatchedName } from "./watched_name.ts";

/** A source that a pool uses, until it is disposed of. */
export interface Subscription extends Disposable {
  /** As they are now. */
  readonly found: SourceBackends;
}

export class Discovery implements AsyncDisposable {
  readonly #options: DiscoveryOptions;
  #settings: DiscoverySettings;
  readonly #names = new Map<string, WatchedName>();
  readonly #stopped = new Set<WatchedName>();

  constructor(options: DiscoveryOptions) {
    this.#options = options;
    this.#settings = options;
  }

  /**
   * Begins to resolve the name of a source, unless another source has it already.
   *
   * A reload adds all sources of the new configuration before it disposes of those of the old one: what is
   * known of a name that both use stays.
   */
  add(source: DiscoveredConfig, onChange: OnChange): Subscription {
    const { kind, name } = source.source;
    const key = `${kind} ${name}`;
    const watched = this.#names.get(key) ?? this.#begin(key, { kind, name });
    const user = new SourceUser(source, onChange);
    watched.add(user);
    return {
      get found() {
        return user.found;
      },
      [Symbol.dispose]: () => this.#remove(key, watched, user),
    };
  }

  /** Replaces what a reload changes. */
  change(settings: DiscoverySettings): void {
    this.#settings = settings;
    for (const watched of this.#names.values()) watched.change();
  }

  /** A connection to this backend could not be made: names that it comes from are resolved soon. */
  connectFailed(url: string): void {
    for (const watched of this.#names.values()) watched.connectFailed(url);
  }

  /** Resolves when each name that there is now has been answered for, or has failed, once. */
  async firstAnswers(): Promise<void> {
    await Promise.all([...this.#names.values()].map((watched) => watched.first));
  }

  status(): readonly NameStatus[] {
    return [...this.#names.values()].map((watched) => watched.status());
  }

  /** Stops everything, and waits until it has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const watched of this.#names.values()) this.#stop(watched);
    this.#names.clear();
    await Promise.all([...this.#stopped].map((watched) => watched.ended));
  }

  #begin(key: string, query: Query): WatchedName {
    const watched = new WatchedName(query, this.#options, () => this.#settings);
    this.#names.set(key, watched);
    watched.resolve();
    return watched;
  }

  #remove(key: string, watched: WatchedName, user: SourceUser): void {
    if (watched.remove(user) > 0 || this.#names.get(key) !== watched) return;
    this.#names.delete(key);
    this.#stop(watched);
  }

  #stop(watched: WatchedName): void {
    watched.stop();
    this.#stopped.add(watched);
    watched.ended.then(() => this.#stopped.delete(watched));
  }
}
