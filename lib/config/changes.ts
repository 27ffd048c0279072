import type { Configuration } from "./model.ts";
type Part = Omit<Configuration, "pools"> & { readonly pools: unknown };
export function changesBetween(before: Part, after: Part): string[] {
  return JSON.stringify(before) === JSON.stringify(after) ? [] : ["changed"];
}
export function needsRestart(_before: Part, _after: Part): string[] {
  return [];
}
