/** Values of JSON, and the values inside of them. */
export type Json = null | boolean | number | string | readonly Json[] | {
  readonly [name: string]: Json;
};

export type JsonPath = readonly (string | number)[];

/** The paths of all values in a value, without itself. */
export function valuesOf(value: Json, path: JsonPath = []): JsonPath[] {
  if (typeof value !== "object" || value === null) return [];
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return entries.flatMap(([step, inner]: [string | number, Json]) => [
    [...path, step],
    ...valuesOf(inner, [...path, step]),
  ]);
}

/** The same with another value at a path; a path that is no longer there changes nothing. */
export function replaceAt(value: Json, [step, ...rest]: JsonPath, by: Json): Json {
  if (step === undefined) return by;
  if (Array.isArray(value)) {
    return value.map((inner: Json, index) => index === step ? replaceAt(inner, rest, by) : inner);
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map((
      [name, inner],
    ) => [name, name === step ? replaceAt(inner, rest, by) : inner]),
  );
}
