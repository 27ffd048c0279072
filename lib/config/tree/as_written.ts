/** Texts in which references stand as they were written: what they stand for may be a secret. */
import type { Node } from "./node.ts";

/** @returns a function that puts `${NAME}` in place of what it stands for */
export function writtenBack(root: Node): (text: string) => string {
  const references = new Map<string, string>();
  collect(root, references);
  const longestFirst = [...references].sort(([a], [b]) => b.length - a.length);
  return (text) =>
    longestFirst.reduce(
      (text, [value, reference]) => text.replaceAll(value, () => reference),
      text,
    );
}

/** Whether a value, or one in it, has a reference. */
export function hasReference(node: Node | undefined): boolean {
  if (node === undefined) return false;
  if (node.kind === "scalar") return node.written !== undefined;
  const inner = node.kind === "array" ? node.items : [...node.entries.values()].map(valueOf);
  return inner.some(hasReference);
}

function valueOf({ value }: { readonly value: Node }): Node {
  return value;
}

function collect(node: Node, references: Map<string, string>): void {
  if (node.kind !== "scalar") {
    const inner = node.kind === "array" ? node.items : [...node.entries.values()].map(valueOf);
    for (const value of inner) collect(value, references);
    return;
  }
  if (node.written === undefined) return;
  const pieces = node.written.split(/(\$\{[^}]*\})/);
  const pattern = pieces.map((piece, at) => at % 2 === 1 ? "(.*?)" : RegExp.escape(piece)).join("");
  const values = new RegExp(`^${pattern}$`, "s").exec(String(node.value))?.slice(1) ?? [];
  for (const [index, value] of values.entries()) {
    if (value !== "") references.set(value, pieces[2 * index + 1]!);
  }
}
