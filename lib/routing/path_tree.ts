/** A tree of paths by segments: it finds what an exact path or a prefix of whole segments leads to. */

const SLASH = 0x2f;

interface Node<Item> {
  /** What leads to it. */
  readonly segment: string;
  readonly children: Map<string, Node<Item>>;
  /** The first of them. */
  readonly few: Node<Item>[];
  /** Of the path that ends here. */
  exact: readonly Item[];
  /** Of the prefix that ends here. */
  prefix: readonly Item[];
}

/** @typeParam Asker whom items may accept, such as a request */
export class PathTree<Item, Asker> {
  readonly #root: Node<Item> = newNode("");

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
  find(
    path: string,
    asker: Asker,
    accepts: (item: Item, asker: Asker) => boolean,
  ): Item | undefined {
    return find(this.#root, path, 1, asker, accepts);
  }

  #reach(path: string): Node<Item> {
    let node = this.#root;
    for (const segment of path.slice(1).split("/")) {
      let child = node.children.get(segment);
      if (child === undefined) {
        node.children.set(segment, child = newNode(segment));
        if (node.few.length < FEW_CHILDREN) node.few.push(child);
      }
      node = child;
    }
    return node;
  }
}

function newNode<Item>(segment: string): Node<Item> {
  return { segment, children: new Map(), few: [], exact: [], prefix: [] };
}

/** @param at where the next segment of the path begins; beyond its end if there is none */
function find<Item, Asker>(
  node: Node<Item>,
  path: string,
  at: number,
  asker: Asker,
  accepts: (item: Item, asker: Asker) => boolean,
): Item | undefined {
  if (at > path.length) {
    const found = first(node.exact, asker, accepts);
    if (found !== undefined) return found;
  } else if (node.children.size > 0) {
    const child = childAt(node, path, at);
    const found = child && find(child, path, at + child.segment.length + 1, asker, accepts);
    if (found !== undefined) return found;
  }
  return first(node.prefix, asker, accepts);
}

function first<Item, Asker>(
  items: readonly Item[],
  asker: Asker,
  accepts: (item: Item, asker: Asker) => boolean,
): Item | undefined {
  for (let i = 0; i < items.length; i++) if (accepts(items[i]!, asker)) return items[i];
  return undefined;
}

/** Up to so many children are compared with the path one by one: a text to look up would cost more. */
const FEW_CHILDREN = 8;

function childAt<Item>(node: Node<Item>, path: string, at: number): Node<Item> | undefined {
  const { children, few } = node;
  if (few.length === children.size) {
    for (let i = 0; i < few.length; i++) if (isSegment(path, at, few[i]!.segment)) return few[i];
    return undefined;
  }
  const slash = path.indexOf("/", at);
  return children.get(path.slice(at, slash === -1 ? path.length : slash));
}

/** Whether the segment of a path that begins there is this one. */
function isSegment(path: string, at: number, segment: string): boolean {
  const end = at + segment.length;
  if (end > path.length || end < path.length && path.charCodeAt(end) !== SLASH) return false;
  for (let i = 0; i < segment.length; i++) {
    if (path.charCodeAt(at + i) !== segment.charCodeAt(i)) return false;
  }
  return true;
}
