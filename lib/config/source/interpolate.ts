/** Replaces `${NAME}` and `${NAME:-default}` in texts of the configuration file; `$${` stands for `${`. */
import type { Problem } from "../problems/problem.ts";
import { suggest } from "../values/suggest.ts";
import type { Entry, Node, Path, ScalarNode } from "../tree/node.ts";

const REFERENCE = /\$\$\{|\$\{([^}]*)(\}?)/g;

/** A name, and what stands for it if it is unset or empty. */
const NAME = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s;

export interface Interpolated {
  readonly node: Node;
  readonly problems: readonly Problem[];
}

/** @param environment where the names are looked up; `.env` is not part of it */
export function interpolate(
  node: Node,
  environment: Readonly<Record<string, string | undefined>>,
): Interpolated {
  const problems: Problem[] = [];
  return { node: visit(node, []), problems };

  function visit(node: Node, path: Path): Node {
    switch (node.kind) {
      case "scalar":
        return typeof node.value === "string" && node.value.includes("${")
          ? replace(node, node.value, path)
          : node;
      case "array":
        return { ...node, items: node.items.map((item, index) => visit(item, [...path, index])) };
      case "object": {
        const entries = [...node.entries].map(([key, { place, value }]): [string, Entry] => [
          key,
          { place, value: visit(value, [...path, key]) },
        ]);
        return { ...node, entries: new Map(entries) };
      }
    }
  }

  function replace(node: ScalarNode, text: string, path: Path): ScalarNode {
    const refuse = (message: string, meant?: string) =>
      problems.push({ severity: "error", path, place: node.place, message, meant });
    const value = text.replace(REFERENCE, (reference, inside?: string, end?: string) => {
      if (inside === undefined) return "${";
      const [, name, otherwise] = NAME.exec(inside) ?? [];
      if (end === "" || name === undefined) {
        refuse("must have ${NAME} or ${NAME:-default}, or $${ for a literal ${");
        return reference;
      }
      const found = environment[name] || otherwise;
      if (found !== undefined) return found;
      const meant = suggest(name, Object.keys(environment));
      refuse(
        `must refer to a variable that is set: ${name} is not in the environment`,
        meant && text.replace(reference, `\${${meant}}`),
      );
      return reference;
    });
    return { ...node, value, written: text };
  }
}
