/** The backends that the endpoints of a name are, as a pool asks for them. */
import type { DiscoveredConfig } from "../config/model.ts";
import { isBlockedPort } from "../config/values/backend_url.ts";
import { formatHost, formatHostPort } from "../net/host_port.ts";
import type { Endpoint, EndpointService } from "../net/resolver/answer.ts";
import { scaleWeights } from "./srv_weights.ts";

/** A backend that was found. */
export interface DiscoveredBackend {
  /** With the address in place of the name: `http://10.0.0.7:5000/base`. */
  readonly url: string;
  /** 0 to 100. */
  readonly weight: number;
  readonly backup: boolean;
  /** The name whose address it is: for the Host of probes, and for the log. */
  readonly name: string;
}

export interface SourceBackends {
  readonly backends: readonly DiscoveredBackend[];
  /** What was found and is not used, and why: a sentence each. */
  readonly refused: readonly string[];
}

/** Whether this balancer itself listens there. @param hostname as a URL has it: an IPv6 address is in brackets */
export type IsOwn = (hostname: string, port: number) => boolean;

/** Nobody is there: these stand for no address, and for groups of them. */
const NO_SERVER = /^(?:0\.0\.0\.0|::|22[4-9]\..*|23\d\..*|255\.255\.255\.255|ff[\da-f]{2}:.*)$/;

const HTTP_PORT = 80;

export function backendsOf(
  { source, weight, backup }: DiscoveredConfig,
  endpoints: readonly Endpoint[],
  isOwn: IsOwn,
): SourceBackends {
  const backends: DiscoveredBackend[] = [];
  const refused: string[] = [];
  const sharesOf = source.kind === "srv" ? sharesOfTiers(endpoints) : undefined;
  for (const endpoint of endpoints) {
    const { name, address, service } = endpoint;
    const port = source.kind === "dns" ? source.port : service!.port;
    const reason = reasonAgainst(address, port, isOwn);
    if (reason !== undefined) {
      refused.push(`${formatHostPort(address, port)} ${reason}`);
      continue;
    }
    const authority = port === HTTP_PORT ? formatHost(address) : formatHostPort(address, port);
    const share = sharesOf?.get(endpoint);
    backends.push({
      url: `http://${authority}${source.path}`,
      weight: share?.weight ?? weight,
      backup: backup || (share?.isBackup ?? false),
      name,
    });
  }
  return { backends, refused };
}

/** Why an endpoint is not used; undefined if it is. */
function reasonAgainst(address: string, port: number, isOwn: IsOwn): string | undefined {
  if (NO_SERVER.test(address)) return "is no address of a server";
  if (isBlockedPort(port)) return `is not used, as the Fetch standard blocks port ${port}`;
  return isOwn(formatHost(address), port) ? "is this balancer itself" : undefined;
}

interface Share {
  readonly weight: number;
  readonly isBackup: boolean;
}

/**
 * The lowest priority gets the requests, and all others are backups of it: a pool has two tiers, so those of
 * different priorities beyond the first share one. Weights count within a tier.
 */
function sharesOfTiers(endpoints: readonly Endpoint[]): ReadonlyMap<Endpoint, Share> {
  const served = endpoints.filter((endpoint): endpoint is Served => endpoint.service !== undefined);
  const first = served.reduce((least, { service }) => Math.min(least, service.priority), Infinity);
  const shares = new Map<Endpoint, Share>();
  for (const isBackup of [false, true]) {
    const tier = served.filter(({ service }) => service.priority > first === isBackup);
    const weights = scaleWeights(tier.map(({ service }) => service.weight));
    for (const [index, endpoint] of tier.entries()) {
      shares.set(endpoint, { weight: weights[index]!, isBackup });
    }
  }
  return shares;
}

type Served = Endpoint & { readonly service: EndpointService };
