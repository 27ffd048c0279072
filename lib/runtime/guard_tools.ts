/**
 * What guards of routes need, made only if some route uses it: its memory would be held as long as this
 * runs. What they remember lives on when the configuration changes.
 */
import type { Configuration, RouteConfig } from "../config/model.ts";
import type { Verify } from "../routing/basic_auth.ts";
import type { ConditionTools } from "../routing/conditions.ts";
import type { GuardTools } from "../routing/guards.ts";
import type { RememberedPasswords } from "../routing/remembered_passwords.ts";
import { routeIdOf } from "../routing/route_id.ts";
import type { Sharer } from "./backends.ts";
import type { Passwords } from "./passwords.ts";
import { routeInFlight } from "./reclaim.ts";
import type { Revision } from "./revision.ts";

/** Wrong passwords from one address: ten at once, then one every six seconds. */
const WRONG_PASSWORDS = { rate: { requests: 10, perMs: 60_000 }, burst: 10 };

type Routes = Pick<Configuration, "routes">;

/** The ids of the routes that limit their requests in flight. */
export function countedRoutes({ routes }: Routes): readonly string[] {
  return routes.filter(({ limits }) => limits.inFlight !== Infinity).map(routeIdOf);
}

/** Whether any route needs the table of rate limits. */
export function needsRates({ routes }: Routes): boolean {
  return routes.some(({ rateLimit, basicAuth }) => rateLimit ?? basicAuth);
}

/** What a revision says that guards are made of. */
export type GuardedRevision = Pick<Revision, "rates" | "state"> & { readonly config: Routes };

export class GuardToolbox {
  readonly #sharer: Sharer;
  readonly #seed: number;
  readonly #onFault: (error: unknown) => void;
  readonly #key = crypto.randomUUID();
  readonly #remembered = new Map<string, RememberedPasswords>();
  #passwords: Passwords | undefined;

  /**
   * @param seed makes hashes that clients cannot foresee, the same for all workers
   * @param onFault called with errors of the thread that checks passwords
   */
  constructor(sharer: Sharer, seed: number, onFault: (error: unknown) => void) {
    this.#sharer = sharer;
    this.#seed = seed;
    this.#onFault = onFault;
  }

  async load({ config, rates, state }: GuardedRevision): Promise<GuardTools> {
    return {
      networks: await loadNetworks(config.routes),
      ...await this.#loadLimiters(config, rates),
      inFlight: (route) => routeInFlight(state.routes.get(route)!, this.#sharer),
    };
  }

  /** Ends and forgets what these routes do not use. */
  retain({ routes }: Routes): void {
    const using = new Set(routes.filter(({ basicAuth }) => basicAuth).map(routeIdOf));
    for (const route of this.#remembered.keys()) {
      if (!using.has(route)) this.#remembered.delete(route);
    }
    if (using.size > 0) return;
    this.#passwords?.end();
    this.#passwords = undefined;
  }

  async #loadLimiters(
    { routes }: Routes,
    rates: SharedArrayBuffer | undefined,
  ): Promise<Pick<GuardTools, "rateLimiter" | "basicAuth">> {
    if (rates === undefined) return { rateLimiter: undefined, basicAuth: undefined };
    const { RateTable } = await import("../shared_memory/rate_table.ts");
    const { createRateLimiter } = await import("../routing/rate_limit.ts");
    const table = new RateTable(rates);
    const rateLimiter = (limit: Parameters<typeof createRateLimiter>[0], route: string) =>
      createRateLimiter(limit, route, table, this.#seed);
    if (!routes.some(({ basicAuth }) => basicAuth)) return { rateLimiter, basicAuth: undefined };
    const { createBasicAuth } = await import("../routing/basic_auth.ts");
    const { RememberedPasswords } = await import("../routing/remembered_passwords.ts");
    const verify = await this.#startPasswords();
    return {
      rateLimiter,
      basicAuth: (auth, route) => {
        const failures = rateLimiter(WRONG_PASSWORDS, `${route} passwords`);
        const remembered = this.#remembered.get(route) ?? new RememberedPasswords(this.#key);
        this.#remembered.set(route, remembered);
        return createBasicAuth(auth, verify, failures, remembered);
      },
    };
  }

  async #startPasswords(): Promise<Verify> {
    const { Passwords } = await import("./passwords.ts");
    const passwords = this.#passwords ??= new Passwords(this.#onFault);
    return (password, hash) => passwords.verify(password, hash);
  }
}

async function loadNetworks(routes: readonly RouteConfig[]): Promise<ConditionTools["networks"]> {
  if (!routes.some(({ allow, deny }) => allow ?? deny)) return unavailable;
  const { belongsTo } = await import("../net/address_list.ts");
  const { remembering } = await import("../http/trusted_proxies.ts");
  return (networks) => remembering(belongsTo(networks));
}

function unavailable(): never {
  throw new Error("Cannot look up addresses that no route had");
}
