/** What guards of routes need, made only if some route uses it: its memory would be held as long as this runs. */
import type { Configuration, RouteConfig } from "../config/model.ts";
import type { ConditionTools } from "../routing/conditions.ts";
import type { GuardTools } from "../routing/guards.ts";
import { routeIdOf } from "../routing/route_id.ts";
import type { SharedMemory } from "../shared_memory/layout.ts";
import { routeInFlight } from "./reclaim.ts";

/** What all workers share for guards. */
export interface SharedGuards {
  /** The table of rate limits; undefined if no route needs it. */
  readonly rates: SharedArrayBuffer | undefined;
  /** Makes hashes that clients cannot foresee. */
  readonly seed: number;
}

/** Wrong passwords from one address: ten at once, then one every six seconds. */
const WRONG_PASSWORDS = { rate: { requests: 10, perMs: 60_000 }, burst: 10 };

/** The routes that limit their requests in flight, by their ids, in the order of their counts. */
export function countedRoutes({ routes }: Configuration): readonly string[] {
  return routes.filter(({ limits }) => limits.inFlight !== Infinity).map(routeIdOf);
}

/** Whether any route needs the table of rate limits. */
export function needsRates({ routes }: Configuration): boolean {
  return routes.some(({ rateLimit, basicAuth }) => rateLimit ?? basicAuth);
}

/** @param onFault called with errors of the thread that checks passwords */
export async function loadGuardTools(
  config: Configuration,
  memory: SharedMemory,
  worker: number,
  { rates, seed }: SharedGuards,
  onFault: (error: unknown) => void,
): Promise<GuardTools> {
  const counted = countedRoutes(config);
  return {
    networks: await loadNetworks(config.routes),
    ...await loadLimiters(config, rates, seed, onFault),
    inFlight: (route) => routeInFlight(memory, worker, counted.indexOf(route)),
  };
}

async function loadNetworks(routes: readonly RouteConfig[]): Promise<ConditionTools["networks"]> {
  if (!routes.some(({ allow, deny }) => allow ?? deny)) return unavailable;
  const { belongsTo } = await import("../net/address_list.ts");
  const { remembering } = await import("../http/trusted_proxies.ts");
  return (networks) => remembering(belongsTo(networks));
}

async function loadLimiters(
  config: Configuration,
  rates: SharedArrayBuffer | undefined,
  seed: number,
  onFault: (error: unknown) => void,
): Promise<Pick<GuardTools, "rateLimiter" | "basicAuth">> {
  if (rates === undefined) return { rateLimiter: undefined, basicAuth: undefined };
  const { RateTable } = await import("../shared_memory/rate_table.ts");
  const { createRateLimiter } = await import("../routing/rate_limit.ts");
  const table = new RateTable(rates);
  const rateLimiter: GuardTools["rateLimiter"] = (limit, route) =>
    createRateLimiter(limit, route, table, seed);
  if (!config.routes.some(({ basicAuth }) => basicAuth)) {
    return { rateLimiter, basicAuth: undefined };
  }
  const { createBasicAuth } = await import("../routing/basic_auth.ts");
  const { startPasswords } = await import("./passwords.ts");
  const verify = startPasswords(onFault);
  const key = crypto.randomUUID();
  return {
    rateLimiter,
    basicAuth: (auth, route) => {
      const failures = createRateLimiter(WRONG_PASSWORDS, `${route} passwords`, table, seed);
      return createBasicAuth(auth, verify, failures, key);
    },
  };
}

function unavailable(): never {
  throw new Error("Cannot look up addresses that no route had");
}
