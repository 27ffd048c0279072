/**
 * A Headers object's field lines as they are in its list, duplicates apart and in order.
 *
 * Iterating Headers joins lines of one name into one (`1, 2`), which is not what the client or the
 * backend sent, and sorts them for every message. No public API gives the
 * list itself, so it is read where Deno keeps it, under a symbol; where a later Deno keeps it
 * elsewhere, iteration stands in: then lines arrive joined, and tests/engines/web/raw_fields_test.ts fails.
 */
import type { Field } from "../../http/headers.ts";

type Hidden = Record<symbol, unknown>;

const symbolOf = (description: string) =>
  Object.getOwnPropertySymbols(new Headers()).find((symbol) => symbol.description === description);

const LIST = symbolOf("header list");
const TARGET = symbolOf("header target");

/** The field lines; an array where Deno's own list is at hand, and never to be changed. */
export function rawFields(headers: Headers): readonly Field[] {
  const hidden = headers as unknown as Hidden;
  const list = (LIST && hidden[LIST]) ??
    (TARGET && (hidden[TARGET] as { headerList?: unknown } | null)?.headerList);
  return Array.isArray(list) ? list : [...headers];
}
