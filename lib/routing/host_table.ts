/** A table of hosts: it knows what a host leads to, the exact host before wildcards, the longest of those first. */

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
   * The values that a host leads to, in this order.
   *
   * @param host in lower case, without port and trailing dot
   */
  valuesFor(host: string): readonly Value[] {
    const found = [this.#exact.get(host)];
    if (this.#wildcards.size > 0) {
      for (let dot = host.indexOf("."); dot !== -1; dot = host.indexOf(".", dot + 1)) {
        // One label at least stands for the *.
        if (dot > 0) found.push(this.#wildcards.get(host.slice(dot + 1)));
      }
    }
    return [...found, this.#any].filter((value) => value !== undefined);
  }

  /** All values. */
  *values(): Iterable<Value> {
    yield* this.#exact.values();
    yield* this.#wildcards.values();
    if (this.#any !== undefined) yield this.#any;
  }
}
