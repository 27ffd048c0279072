/**
 * Field lines in the form that fetch and Response read fastest: a record. An array of pairs goes through
 * an iterator for each pair.
 */
import type { Field } from "../../http/headers.ts";

/** A record of the lines; the lines themselves if a name occurs twice, which a record cannot hold. */
export function headersInit(fields: readonly Field[]): Record<string, string> | [string, string][] {
  const record: Record<string, string> = {};
  for (const line of fields) {
    // `in` also finds inherited names, such as `constructor` and `__proto__`: those keep the array.
    if (line[0] in record) return fields as [string, string][];
    record[line[0]] = line[1];
  }
  return record;
}
