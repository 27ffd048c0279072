/** A configuration as it was written: values, each with its place. */
import type { Scalar } from "../schema/leaf.ts";

/** Where something was written. */
export type Place = FilePlace | VariablePlace;

/** In the configuration file. */
export interface FilePlace {
  readonly kind: "file";
  /** In UTF-16 code units from the beginning of its text. */
  readonly offset: number;
  readonly length: number;
}

/** In a variable of the environment, or of `.env`. */
export interface VariablePlace {
  readonly kind: "variable";
  readonly name: string;
  /** What was written, for messages, with credentials masked. */
  readonly shown: string;
  /** If the variable is a list: `entry 2 of 3`. */
  readonly entry?: string | undefined;
}

export type Node = ObjectNode | ArrayNode | ScalarNode;

export interface ObjectNode {
  readonly kind: "object";
  readonly place: Place;
  readonly entries: ReadonlyMap<string, Entry>;
}

export interface Entry {
  /** Of the key. */
  readonly place: Place;
  readonly value: Node;
}

export interface ArrayNode {
  readonly kind: "array";
  readonly place: Place;
  readonly items: readonly Node[];
}

export interface ScalarNode {
  readonly kind: "scalar";
  readonly place: Place;
  readonly value: Scalar | null;
  /** Its text with `${NAME}` as it was written; undefined if it has none. */
  readonly written?: string;
}

/** The keys and places in lists that lead to a value. */
export type Path = readonly (string | number)[];

/** The value without its places. An own `__proto__` stays one. */
export function plain(node: Node): unknown {
  switch (node.kind) {
    case "scalar":
      return node.value;
    case "array":
      return node.items.map(plain);
    case "object": {
      const value = Object.create(null) as Record<string, unknown>;
      for (const [key, entry] of node.entries) value[key] = plain(entry.value);
      return value;
    }
  }
}

/** The value at a path; undefined if there is none. */
export function nodeAt(node: Node | undefined, path: Path): Node | undefined {
  let at = node;
  for (const step of path) {
    if (at?.kind === "object") at = at.entries.get(String(step))?.value;
    else if (at?.kind === "array" && typeof step === "number") at = at.items[step];
    else return undefined;
  }
  return at;
}

/** The entry at a path, for the place of its key. */
export function entryAt(node: Node | undefined, path: Path): Entry | undefined {
  const parent = nodeAt(node, path.slice(0, -1));
  return parent?.kind === "object" ? parent.entries.get(String(path.at(-1))) : undefined;
}

/** The value at the longest beginning of a path that there is. */
export function nearestNode(node: Node, path: Path): Node {
  let at = node;
  for (let length = 1; length <= path.length; length++) {
    const next = nodeAt(node, path.slice(0, length));
    if (next === undefined) return at;
    at = next;
  }
  return at;
}

/** Keys whose values are replaced as a whole: their parts mean nothing without each other. */
const WHOLE = new Set(["policy"]);

/** Puts one configuration over another: objects key by key, anything else as a whole. */
export function overlay(
  below: Node | undefined,
  above: Node | undefined,
  key = "",
): Node | undefined {
  if (above === undefined || below === undefined) return above ?? below;
  if (above.kind !== "object" || below.kind !== "object" || WHOLE.has(key)) return above;
  const entries = new Map(below.entries);
  for (const [key, entry] of above.entries) {
    const under = entries.get(key);
    const value = overlay(under?.value, entry.value, key) as Node;
    const isBoth = under !== undefined && value !== entry.value;
    entries.set(key, {
      place: isBoth && entry.place.kind === "variable" ? under.place : entry.place,
      value,
    });
  }
  // Variables set parts of an object. Whoever looks for the object itself finds it in the file.
  const place = above.place.kind === "variable" ? below.place : above.place;
  return { kind: "object", place, entries };
}

/** The same object with only some of its keys. */
export function only(node: ObjectNode, keys: readonly string[]): ObjectNode {
  const entries = [...node.entries].filter(([key]) => keys.includes(key));
  return { ...node, entries: new Map(entries) };
}

/** Whether a place lies in another one. A variable has no parts. */
export function isWithin(inner: Place | undefined, outer: Place): boolean {
  if (inner === undefined || inner.kind !== outer.kind) return false;
  if (inner.kind === "file" && outer.kind === "file") {
    return inner.offset >= outer.offset &&
      inner.offset + inner.length <= outer.offset + outer.length;
  }
  return false;
}

/** The path as a user would write it: `pools.users.backends[1].weight`. */
export function formatPath(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === "number") return `${text}[${step}]`;
    const key = /^[\w$-]+$/.test(step) ? step : JSON.stringify(step);
    return text === "" ? key : `${text}.${key}`;
  }, "");
}
