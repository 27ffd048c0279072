/** The JSON Schema of the configuration file, for editors: names, values, descriptions, defaults, examples. */
import { z } from "zod";
import { EXAMPLES } from "./leaf.ts";
import { configuration } from "./root.ts";

const TITLE = "Configuration of Roundabout, an HTTP load balancer";

/** Keys of a schema that say what it is for, and not which values it allows. */
const NOTES = ["description", "default", "examples"];

/** `${NAME}` in a string, which may stand for any value. */
const REFERENCE = String.raw`\$\{`;
const REFERENCE_NAME = "reference";

type Json = Readonly<Record<string, unknown>>;

/** As text, as `roundabout.schema.json` has it. */
export function formatJsonSchema(): string {
  const schema = z.toJSONSchema(configuration, {
    io: "input",
    target: "draft-7", // what editors understand best
    unrepresentable: "any", // values that are written as texts: their own definition says how
  });
  const definitions = {
    [REFERENCE_NAME]: {
      type: "string",
      pattern: REFERENCE,
      description: "The value of a variable of the environment: ${NAME} or ${NAME:-default}.",
    },
  };
  const all = { title: TITLE, ...allowReferences(schema as Json), definitions };
  return `${JSON.stringify(all, null, 2)}\n`;
}

/** The same with examples, and where a reference to a variable may stand in place of each value. */
function allowReferences({ [EXAMPLES]: examples, ...written }: Json): Json {
  const schema: Json = examples === undefined ? written : { ...written, examples };
  if (typeof schema["pattern"] === "string") {
    return { ...schema, pattern: `${schema["pattern"]}|${REFERENCE}` };
  }
  const isScalar = ["integer", "boolean"].includes(String(schema["type"])) ||
    "enum" in schema || "const" in schema || Number(schema["minLength"]) > 1;
  if (isScalar) {
    const notes = Object.fromEntries(
      NOTES.flatMap((key) => key in schema ? [[key, schema[key]]] : []),
    );
    const value = Object.fromEntries(
      Object.entries(schema).filter(([key]) => !NOTES.includes(key)),
    );
    return { ...notes, anyOf: [value, { $ref: `#/definitions/${REFERENCE_NAME}` }] };
  }
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [key, allowIn(key, value)]),
  );
}

/** Names of settings, of listeners and of pools are no values, and have no references. */
function allowIn(key: string, value: unknown): unknown {
  if (key === "properties") {
    return Object.fromEntries(
      Object.entries(value as Json).map(([name, inner]) => [name, allowReferences(inner as Json)]),
    );
  }
  if (key === "propertyNames") {
    const { [EXAMPLES]: _, ...names } = value as Json;
    return names;
  }
  if (key === "anyOf") return alternatives((value as Json[]).map(allowReferences));
  return key === "items" || key === "additionalProperties" && typeof value === "object"
    ? allowReferences(value as Json)
    : value;
}

/** Alternatives of alternatives are one list, with one reference. */
function alternatives(all: readonly Json[]): Json[] {
  const flat = all.flatMap((one) => {
    const isPlain = Object.keys(one).length === 1 && "anyOf" in one;
    return isPlain ? one["anyOf"] as Json[] : [one];
  });
  const isReference = (one: Json) => "$ref" in one;
  return [...flat.filter((one) => !isReference(one)), ...flat.filter(isReference).slice(0, 1)];
}
