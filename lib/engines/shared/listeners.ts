/** The listeners of an engine, as reloads add and remove them: the same for both engines. */
import type { Engine, ListenerAddress } from "../engine.ts";

/** Where it listens. */
type Address = Engine["addresses"][number];

/** One listener. */
export interface Listener {
  /** What it was asked to listen on. */
  readonly hostname: string;
  /** The mode of its unix socket; undefined if it has none. */
  readonly mode?: number | undefined;
  readonly address: Address;
  /** Settles when it accepts no more; rejects if it broke. */
  readonly finished: Promise<void>;
  /** Whether it can go on with other settings of its address; without this it can with all. */
  canAdopt?(wanted: ListenerAddress): boolean;
  /** A reload gives it another name, or other certificates: those who came in at it see the name change. */
  adopt(wanted: ListenerAddress): void;
  /** Closes it before it was used. */
  discard(): void;
}

export interface ListenerChange<Kind> {
  readonly added: readonly Kind[];
  /** They are no longer among those of the engine, and are to be drained. */
  readonly removed: readonly Kind[];
}

/** Listeners that were opened, or kept, for a reload that has not taken effect yet. */
export interface PreparedListeners<Kind extends Listener> {
  readonly addresses: readonly Address[];
  commit(): ListenerChange<Kind>;
  abandon(): void;
}

export class Listeners<Kind extends Listener> {
  readonly #open: (listener: ListenerAddress) => Kind;
  readonly #finished = Promise.withResolvers<void>();
  #all: readonly Kind[] = [];

  /** @param open listens on an address, and throws if it cannot */
  constructor(open: (listener: ListenerAddress) => Kind) {
    this.#open = open;
  }

  get all(): readonly Kind[] {
    return this.#all;
  }

  /** Rejects if one of them broke; resolves by {@linkcode end}. */
  get finished(): Promise<void> {
    return this.#finished.promise;
  }

  /** Opens what is new, all of it or nothing. @throws if one address cannot be listened on */
  prepare(wanted: readonly ListenerAddress[]): PreparedListeners<Kind> {
    const added: Kind[] = [];
    const next = new Map<Kind, ListenerAddress>();
    try {
      for (const address of wanted) {
        let listener = this.#find(address);
        if (listener === undefined) added.push(listener = this.#open(address));
        next.set(listener, address);
      }
    } catch (error) {
      for (const listener of added) listener.discard();
      throw error;
    }
    return {
      addresses: [...next.keys()].map(({ address }) => address),
      commit: () => this.#commit(next, added),
      abandon: () => added.forEach((listener) => listener.discard()),
    };
  }

  /** None of them is listened on any longer. */
  end(): void {
    this.#all = [];
    this.#finished.resolve();
  }

  #commit(next: ReadonlyMap<Kind, ListenerAddress>, added: readonly Kind[]): ListenerChange<Kind> {
    const removed = this.#all.filter((listener) => !next.has(listener));
    for (const [listener, wanted] of next) listener.adopt(wanted);
    for (const { finished } of added) finished.catch(this.#finished.reject);
    this.#all = [...next.keys()];
    return { added, removed };
  }

  #find(wanted: ListenerAddress): Kind | undefined {
    const { hostname, port, unix } = wanted;
    return this.#all.find((listener) =>
      listener.hostname === hostname && listener.address.port === port &&
      listener.mode === unix?.mode && (listener.canAdopt?.(wanted) ?? true)
    );
  }
}
