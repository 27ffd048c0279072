/** A table of hosts: it finds what a host leads to, the exact host before wildcards, the longest of those first. */

export class HostTable<Value> {
  readonly #exact = new Map<string, Value>();
  /** By what follows the `*.`. */
  readonly #wildcards = new Map<string, Value>();
  #any: Value | undefined;

  /**
   * The value of a host pattern; a new one if it has none yet.
   *
   * @param host in lower case; `*.x` stands for every name below x; undefined for every host
   */
  at(host: string | undefined, create: () => Value): Value {
    if (host === undefined) return this.#any ??= create();
    const isWildcard = host.startsWith("*.");
    const table = isWildcard ? this.#wildcards : this.#exact;
    const key = isWildcard ? host.slice(2) : host;
    let value = table.get(key);
    if (value === undefined) table.set(key, value = create());
    return value;
  }

  /** Whether any host is asked for. */
  get asksForHosts(): boolean {
    return this.#exact.size > 0 || this.#wildcards.size > 0;
  }

  /**
   * The first result that is not undefined, of the values that a host leads to.
   *
   * @param host in lower case, without port and trailing dot
   */
  find<Result>(host: string, look: (value: Value) => Result | undefined): Result | undefined {
    const exact = this.#exact.get(host);
    let found = exact && look(exact);
    if (found !== undefined) return found;
    if (this.#wildcards.size > 0) {
      for (let dot = host.indexOf("."); dot !== -1; dot = host.indexOf(".", dot + 1)) {
        if (dot === 0) continue; // one label at least stands for the *
        const wildcard = this.#wildcards.get(host.slice(dot + 1));
        found = wildcard && look(wildcard);
        if (found !== undefined) return found;
      }
    }
    return this.#any && look(this.#any);
  }

  /** All values. */
  *values(): Iterable<Value> {
    yield* this.#exact.values();
    yield* this.#wildcards.values();
    if (this.#any !== undefined) yield this.#any;
  }
}
