/**
 * Field lines in the form that fetch and Response take in fastest: a record, where no name stands
 * twice. Pairs are taken apart through iterators, one by one.
 */
import type { Field } from "../../http/headers.ts";

/** A record of the lines, or the lines themselves where only those keep duplicates apart. */
export function headersInit(fields: readonly Field[]): Record<string, string> | [string, string][] {
  const record: Record<string, string> = {};
  for (const line of fields) {
    // `in` also finds what every object has: a field named `constructor`, or worse, `__proto__`.
    if (line[0] in record) return fields as [string, string][];
    record[line[0]] = line[1];
  }
  return record;
}
