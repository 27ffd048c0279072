/** Checks values by a JSON Schema (draft 7), as far as the schema of the configuration uses it. */
type Schema = Readonly<Record<string, unknown>>;

const KNOWN = new Set([
  ..."$schema $ref title description default examples definitions format".split(" "),
  ..."type properties required additionalProperties propertyNames items minItems".split(" "),
  ..."anyOf enum const pattern minLength minimum maximum".split(" "),
]);

/** @returns what is wrong, a line each; empty if the value is valid */
export function validate(schema: Schema, value: unknown, root: Schema, path = ""): string[] {
  for (const key of Object.keys(schema)) if (!KNOWN.has(key)) throw new Error(`unknown: ${key}`);
  if (typeof schema["$ref"] === "string") {
    const name = schema["$ref"].replace("#/definitions/", "");
    return validate((root["definitions"] as Record<string, Schema>)[name]!, value, root, path);
  }
  const alternatives = schema["anyOf"] as readonly Schema[] | undefined;
  if (alternatives !== undefined) {
    const isValid = alternatives.some((one) => validate(one, value, root, path).length === 0);
    return isValid ? [] : [`${path}: none of the alternatives`];
  }
  return [...checkScalar(schema, value, path), ...checkParts(schema, value, root, path)];
}

function checkScalar(schema: Schema, value: unknown, path: string): string[] {
  const { type, const: only, minimum, maximum, minLength, pattern } = schema;
  const problems: string[] = [];
  if (type !== undefined && !isOf(String(type), value)) problems.push(`${path}: not of ${type}`);
  if ("enum" in schema && !(schema["enum"] as unknown[]).includes(value)) {
    problems.push(`${path}: not in the list`);
  }
  if ("const" in schema && value !== only) problems.push(`${path}: not ${only}`);
  if (typeof value === "number" && (value < Number(minimum) || value > Number(maximum))) {
    problems.push(`${path}: out of range`);
  }
  if (typeof value !== "string") return problems;
  if (value.length < Number(minLength ?? 0)) problems.push(`${path}: too short`);
  if (pattern !== undefined && !new RegExp(String(pattern)).test(value)) {
    problems.push(`${path}: not like the pattern`);
  }
  return problems;
}

function checkParts(schema: Schema, value: unknown, root: Schema, path: string): string[] {
  if (Array.isArray(value)) {
    if (value.length < Number(schema["minItems"] ?? 0)) return [`${path}: too few`];
    const items = schema["items"] as Schema | undefined;
    return items === undefined
      ? []
      : value.flatMap((item, index) => validate(items, item, root, `${path}[${index}]`));
  }
  if (typeof value !== "object" || value === null) return [];
  const properties = schema["properties"] as Record<string, Schema> | undefined ?? {};
  const names = schema["propertyNames"] as Schema | undefined;
  const others = schema["additionalProperties"] as Schema | boolean | undefined;
  const missing = (schema["required"] as string[] | undefined ?? [])
    .filter((name) => !Object.hasOwn(value, name)).map((name) => `${at(path, name)}: missing`);
  return missing.concat(
    Object.entries(value).flatMap(([name, inner]) => {
      const place = at(path, name);
      const own = Object.hasOwn(properties, name) ? properties[name] : undefined;
      if (own !== undefined) return validate(own, inner, root, place);
      if (others === false) return [`${place}: no such property`];
      return [
        ...(names === undefined ? [] : validate(names, name, root, place)),
        ...(typeof others === "object" ? validate(others, inner, root, place) : []),
      ];
    }),
  );
}

function at(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

function isOf(type: string, value: unknown): boolean {
  if (type === "integer") return Number.isInteger(value);
  if (type === "array") return Array.isArray(value);
  if (type === "object") {
    return typeof value === "object" && value !== null && !Array.isArray(value);
  }
  if (type === "string") return typeof value === "string";
  if (type === "boolean") return typeof value === "boolean";
  throw new Error(`unknown: ${type}`);
}
