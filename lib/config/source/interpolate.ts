/** Replaces `${NAME}` and `${NAME:-default}` in texts of the configuration file; `$${` stands for `${`. */
import type { Problem } from "../problems/problem.ts";
import { typeAt } from "../schema/type_at.ts";
import type { Scalar, ScalarType } from "../schema/leaf.ts";
import { suggest } from "../values/suggest.ts";
import type { Entry, Node, ObjectNode, Path, ScalarNode } from "../tree/node.ts";

const REFERENCE = /\$\$\{|\$\{([^}]*)(\}?)/g;

/** A name, and what stands for it if it is unset or empty. */
const NAME = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s;

export interface Interpolated {
  readonly node: ObjectNode;
  readonly problems: readonly Problem[];
}

type Variables = Readonly<Record<string, string | undefined>>;

/** @param environment where the names are looked up; `.env` is not part of it */
export function interpolate(root: ObjectNode, environment: Variables): Interpolated {
  const problems: Problem[] = [];
  return { node: visitObject(root, []), problems };

  function visit(node: Node, path: Path): Node {
    switch (node.kind) {
      case "scalar":
        return typeof node.value === "string" && node.value.includes("${")
          ? replace(node, node.value, path)
          : node;
      case "array":
        return { ...node, items: node.items.map((item, index) => visit(item, [...path, index])) };
      case "object":
        return visitObject(node, path);
    }
  }

  function visitObject(node: ObjectNode, path: Path): ObjectNode {
    const entries = [...node.entries].map(([key, { place, value }]): [string, Entry] => [
      key,
      { place, value: visit(value, [...path, key]) },
    ]);
    return { ...node, entries: new Map(entries) };
  }

  function replace(node: ScalarNode, text: string, path: Path): ScalarNode {
    const { value, problem } = fill(text, environment);
    if (problem !== undefined) {
      problems.push({ severity: "error", path, place: node.place, ...problem });
    }
    return { ...node, value: problem ? value : toType(value, typeAt(path)), written: text };
  }
}

interface Filled {
  readonly value: string;
  /** Of the first reference that is wrong. */
  readonly problem: Pick<Problem, "message" | "meant"> | undefined;
}

function fill(text: string, environment: Variables): Filled {
  let problem: Filled["problem"];
  const value = text.replace(REFERENCE, (reference, inside?: string, end?: string) => {
    if (inside === undefined) return "${";
    const [, name, otherwise] = NAME.exec(inside) ?? [];
    if (end === "" || name === undefined) {
      problem ??= { message: "must have ${NAME} or ${NAME:-default}, or $${ for a literal ${" };
      return reference;
    }
    const found = (Object.hasOwn(environment, name) && environment[name]) || otherwise;
    if (found !== undefined) return found;
    const meant = suggest(name, Object.keys(environment));
    problem ??= {
      message: `refers to ${name}, which is not set in the environment`,
      // The rest of the text may be a secret.
      meant: meant && `\${${meant}}`,
    };
    return reference;
  });
  return { value, problem };
}

/** A reference is a text; where the file would have a number, true or false, it stands for one. */
function toType(text: string, type: ScalarType | undefined): Scalar {
  if (type === "number" && /^-?\d{1,15}$/.test(text)) return Number(text);
  if (type === "boolean" && (text === "true" || text === "false")) return text === "true";
  return text;
}
