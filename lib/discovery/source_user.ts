/** What one pool has of a name: its backends, as they are now. */
import type { DiscoveredConfig } from "../config/model.ts";
import type { Endpoint } from "../net/resolver/answer.ts";
import { backendsOf, type IsOwn, type SourceBackends } from "./source_backends.ts";

/** Called with all backends of a source whenever they have changed. */
export type OnChange = (found: SourceBackends) => void;

export class SourceUser {
  readonly #source: DiscoveredConfig;
  readonly #onChange: OnChange;
  #found: SourceBackends = { backends: [], refused: [] };

  constructor(source: DiscoveredConfig, onChange: OnChange) {
    this.#source = source;
    this.#onChange = onChange;
  }

  get found(): SourceBackends {
    return this.#found;
  }

  has(url: string): boolean {
    return this.#found.backends.some((backend) => backend.url === url);
  }

  /** Takes what is known of the name when it begins to use it. */
  take(endpoints: readonly Endpoint[], isOwn: IsOwn): void {
    this.#found = backendsOf(this.#source, endpoints, isOwn);
  }

  /** The same later: tells whoever uses it if something has changed for this source. */
  update(endpoints: readonly Endpoint[], isOwn: IsOwn): void {
    const before = JSON.stringify(this.#found);
    this.take(endpoints, isOwn);
    if (JSON.stringify(this.#found) !== before) this.#onChange(this.#found);
  }
}
