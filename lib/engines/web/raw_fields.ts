/**
 * The field lines of a Headers object as they were received: duplicates apart and in order.
 *
 * Iterating Headers sorts the lines and joins those of one name (`1, 2`), which is not what was sent.
 * No public API returns the list, so it is read from Deno's own property, a symbol. If a later Deno
 * moves it, iteration is used instead, and tests/engines/web/raw_fields_test.ts fails.
 */
import type { Field } from "../../http/headers.ts";

type Hidden = Record<symbol, unknown>;

const findSymbol = (description: string) =>
  Object.getOwnPropertySymbols(new Headers()).find((symbol) => symbol.description === description);

const LIST = findSymbol("header list");
const TARGET = findSymbol("header target");

/** The field lines. The array may be Deno's own and must not be changed. */
export function rawFields(headers: Headers): readonly Field[] {
  const hidden = headers as unknown as Hidden;
  const list = (LIST && hidden[LIST]) ??
    (TARGET && (hidden[TARGET] as { headerList?: unknown } | null)?.headerList);
  return Array.isArray(list) ? list : [...headers];
}
