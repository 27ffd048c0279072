/** A tree of paths by segments: it finds what an exact path or a prefix of whole segments leads to. */

interface Node<Item> {
  readonly children: Map<string, Node<Item>>;
  /** Of the path that ends here. */
  exact: readonly Item[];
  /** Of the prefix that ends here. */
  prefix: readonly Item[];
}

export class PathTree<Item> {
  readonly #root: Node<Item> = newNode();

  /** @param path normalised; begins with `/` */
  addExact(path: string, item: Item): void {
    const node = this.#reach(path);
    node.exact = [...node.exact, item];
  }

  /** @param path normalised, without a slash at its end; `/` is the prefix of all paths */
  addPrefix(path: string, item: Item): void {
    const node = path === "/" ? this.#root : this.#reach(path);
    node.prefix = [...node.prefix, item];
  }

  /** Puts the items of each path, and of each prefix, in order. */
  sort(compare: (a: Item, b: Item) => number): void {
    const visit = (node: Node<Item>) => {
      node.exact = [...node.exact].sort(compare);
      node.prefix = [...node.prefix].sort(compare);
      node.children.forEach(visit);
    };
    visit(this.#root);
  }

  /**
   * The first item that is accepted: those of the exact path, then those of the longest prefix, then those
   * of shorter ones.
   *
   * @param path normalised; begins with `/`
   */
  find(path: string, accepts: (item: Item) => boolean): Item | undefined {
    return find(this.#root, path, 1, accepts);
  }

  #reach(path: string): Node<Item> {
    let node = this.#root;
    for (const segment of path.slice(1).split("/")) {
      let child = node.children.get(segment);
      if (child === undefined) node.children.set(segment, child = newNode());
      node = child;
    }
    return node;
  }
}

function newNode<Item>(): Node<Item> {
  return { children: new Map(), exact: [], prefix: [] };
}

/** @param at where the next segment of the path begins; beyond its end if there is none */
function find<Item>(
  node: Node<Item>,
  path: string,
  at: number,
  accepts: (item: Item) => boolean,
): Item | undefined {
  if (at > path.length) {
    const found = first(node.exact, accepts);
    if (found !== undefined) return found;
  } else if (node.children.size > 0) {
    const slash = path.indexOf("/", at);
    const end = slash === -1 ? path.length : slash;
    const child = node.children.get(path.slice(at, end));
    const found = child && find(child, path, end + 1, accepts);
    if (found !== undefined) return found;
  }
  return first(node.prefix, accepts);
}

function first<Item>(items: readonly Item[], accepts: (item: Item) => boolean): Item | undefined {
  for (let i = 0; i < items.length; i++) if (accepts(items[i]!)) return items[i];
  return undefined;
}
