/** The names of the pools that a route leads to; none if it answers itself. */
import type { RouteConfig } from "../config/model.ts";

export function poolsOf({ pool, split }: Pick<RouteConfig, "pool" | "split">): readonly string[] {
  return pool === undefined ? Object.keys(split ?? {}) : [pool];
}
