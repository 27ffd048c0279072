/** Prints the configuration as it applies, and where each value comes from. */
import type { z } from "zod";
import { isSecretPath } from "./problems/secrets.ts";
import type { SourceFile } from "./problems/render.ts";
import { configuration } from "./schema/root.ts";
import { itemOf, settingsOf, whenAbsent } from "./schema/walk.ts";
import { type Node, nodeAt, type ObjectNode, type Path } from "./tree/node.ts";

const INDENT = "  ";

/** A text that is one reference to a variable is no secret. */
const REFERENCE = /^\$\{[A-Za-z_]\w*\}$/;

/**
 * @param root what was written, with `defaults` put under each pool
 * @returns JSON with comments, one value a line
 */
export function printConfiguration(root: ObjectNode, file: SourceFile | undefined): string {
  const lines = new LineNumbers(file?.text ?? "");
  const origin = (node: Node | undefined) => {
    if (node === undefined || node.place.kind === "variable" && node.place.name === "") {
      return "default";
    }
    if (node.place.kind === "variable") return node.place.name;
    return `${file?.name ?? ""}:${lines.at(node.place.offset)}`;
  };
  const { defaults: _, ...settings } = settingsOf(configuration)!;
  return `{\n${printSettings(settings, [], root, undefined, origin)}}\n`;
}

type Origin = (node: Node | undefined) => string;

/** The settings of an object, each on a line of its own. */
function printSettings(
  settings: Readonly<Record<string, z.ZodType>>,
  path: Path,
  node: Node | undefined,
  value: unknown,
  origin: Origin,
): string {
  return Object.entries(settings).map(([name, schema]) => {
    const inner = nodeAt(node, [name]);
    // A route or a test would be a page of defaults.
    const isItem = path[0] === "routes" || path[0] === "tests";
    const otherwise = isItem ? undefined : whenAbsent(schema) ?? at(value, name);
    return inner === undefined && otherwise === undefined
      ? ""
      : print([...path, name], schema, inner, otherwise, origin);
  }).join("");
}

/** @param otherwise the value if nothing was written */
function print(
  path: Path,
  schema: z.ZodType | undefined,
  node: Node | undefined,
  otherwise: unknown,
  origin: Origin,
): string {
  const indent = INDENT.repeat(path.length);
  const name = path.at(-1);
  const key = typeof name === "string" ? `${JSON.stringify(name)}: ` : "";
  const isObject = node === undefined ? isRecord(otherwise) : node.kind === "object";
  const isList = node === undefined ? Array.isArray(otherwise) : node.kind === "array";
  if (isList) {
    const items = node?.kind === "array"
      ? node.items.map((item, index) =>
        print([...path, index], schema && itemOf(schema), item, undefined, origin)
      )
      : [];
    if (items.length === 0) return `${indent}${key}[], // ${origin(node)}\n`;
    return `${indent}${key}[\n${items.join("")}${indent}],\n`;
  }
  if (!isObject) {
    return `${indent}${key}${JSON.stringify(shown(path, node, otherwise))}, // ${origin(node)}\n`;
  }
  const settings = schema === undefined ? undefined : settingsOf(schema);
  const inner = settings !== undefined
    ? printSettings(settings, path, node, otherwise, origin)
    : namesOf(node, otherwise).map((name) =>
      print(
        [...path, name],
        schema && itemOf(schema),
        nodeAt(node, [name]),
        at(otherwise, name),
        origin,
      )
    ).join("");
  return inner === ""
    ? `${indent}${key}{}, // ${origin(node)}\n`
    : `${indent}${key}{\n${inner}${indent}},\n`;
}

function namesOf(node: Node | undefined, otherwise: unknown): string[] {
  if (node?.kind === "object") return [...node.entries.keys()];
  return isRecord(otherwise) ? Object.keys(otherwise) : [];
}

/** References are shown as they were written, secrets not at all. */
function shown(path: Path, node: Node | undefined, otherwise: unknown): unknown {
  if (node?.kind !== "scalar") return otherwise;
  const written = node.written ?? node.value;
  const isShown = written === "derived" || REFERENCE.test(String(written)) || !isSecretPath(path);
  return isShown ? written : "***";
}

function at(value: unknown, name: string): unknown {
  return isRecord(value) ? value[name] : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

class LineNumbers {
  readonly #ends: number[] = [];

  constructor(text: string) {
    for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", end + 1)) {
      this.#ends.push(end);
    }
  }

  /** @returns the number of the line, from 1 */
  at(offset: number): number {
    const index = this.#ends.findIndex((end) => end >= offset);
    return (index === -1 ? this.#ends.length : index) + 1;
  }
}
