/**
 * The types of a configuration: nested, immutable, plain data, so that it can be sent to workers. Durations
 * are in milliseconds, sizes in bytes, shares from 0 to 1; a limit that is off is Infinity.
 */
import type { z } from "zod";
import type { pool } from "./schema/pool.ts";
import type { configuration } from "./schema/root.ts";
import type { route, routeTest } from "./schema/route.ts";

export type { HashOn } from "./schema/pool.ts";
export { POLICY_NAMES, type PolicyName } from "./values/policy_names.ts";

/** All the way down. */
type Immutable<Value> = { readonly [Key in keyof Value]: Immutable<Value[Key]> };

/** What `defaults` says is part of each pool, and without `routes` there is one to the only pool. */
export type Configuration =
  & Omit<Immutable<z.output<typeof configuration>>, "defaults" | "routes">
  & { readonly routes: readonly RouteConfig[] };
export type PoolConfig = Immutable<z.output<typeof pool>>;
export type RouteConfig = Immutable<z.output<typeof route>>;
export type RouteTest = Immutable<z.output<typeof routeTest>>;
/** A backend that is known by its URL. */
export type BackendConfig = Extract<PoolConfig["backends"][number], { readonly url: string }>;
/** A name that stands for backends; what it says of a backend holds for each of its addresses. */
export type DiscoveredConfig = Extract<
  PoolConfig["backends"][number],
  { readonly source: unknown }
>;
/** A file that lists backends. */
export type BackendFileConfig = Extract<
  PoolConfig["backends"][number],
  { readonly file: string }
>;
export type HealthConfig = NonNullable<PoolConfig["health"]>;
