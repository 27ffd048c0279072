/** A configuration on its way to the workers: plain data, and memory that they share. */
import type { BackendConfig, Configuration, PoolConfig } from "../config/model.ts";
import type { Limits, ListenerAddress, TlsSettings } from "../engines/engine.ts";
import { socketPathOf } from "../net/unix_socket.ts";
import type { SharedState } from "../shared_memory/state.ts";

/** A backend that is known by its URL. */
export interface ResolvedBackend extends BackendConfig {
  /** The name whose address it is, if it was found by one. */
  readonly name?: string;
  /** The entry of the configuration that it was found by, such as `dns+http://users:5000`. */
  readonly source?: string;
}

/** A pool whose backends are all known by their URLs. */
export interface ResolvedPool extends Omit<PoolConfig, "backends"> {
  readonly backends: readonly ResolvedBackend[];
}

/** A configuration whose backends are all known by their URLs. */
export interface ResolvedConfiguration extends Omit<Configuration, "pools"> {
  readonly pools: Readonly<Record<string, ResolvedPool>>;
}

/** Each change that workers get is one revision. */
export interface Revision {
  /** From 1. */
  readonly number: number;
  readonly config: ResolvedConfiguration;
  /** Where requests come in; port 0 takes any free one. */
  readonly listeners: readonly ListenerAddress[];
  readonly limits: Limits;
  readonly state: SharedState;
  /** The table of rate limits; undefined if no route has needed it yet. */
  readonly rates: SharedArrayBuffer | undefined;
}

/** Where requests come in. */
export function listenersOf({ listeners }: Pick<Configuration, "listeners">): ListenerAddress[] {
  return Object.entries(listeners).map(([name, listener]) => {
    const { host, port, unix, mode, proxyProtocol } = listener;
    const tls = listener.tls && tlsOf(listener.tls);
    if (unix === undefined) return { name, hostname: host, port, proxyProtocol, tls };
    const hostname = `unix:${unix}`;
    const path = socketPathOf(hostname)!;
    return { name, hostname, port: 0, proxyProtocol, tls, unix: { path, mode } };
  });
}

/** Of a configuration that is loaded: the files of its certificates have been read, and ACME's are there. */
function tlsOf(config: TlsConfig): TlsSettings {
  const { certificates = [], acme, clientAuthorities, clientAuth, minVersion, hsts } = config;
  // Until it comes, other certificates are enough.
  const isServed = acme !== undefined && (acme.loaded !== undefined || certificates.length === 0);
  const own = isServed ? [{ cert: "a certificate of tls.acme", loaded: acme.loaded }] : [];
  if (config.clientCa !== undefined && clientAuthorities === undefined) {
    throw new Error(`Cannot trust ${config.clientCa} as it was not read`);
  }
  return {
    // Of two for one name, the one that the operator has put there goes first.
    certificates: [...certificates, ...own].map(({ cert: path, loaded }) => {
      if (loaded === undefined) throw new Error(`Cannot serve ${path} as it was not read`);
      const { names, isEcdsa, cert, key } = loaded;
      return { names, isEcdsa, cert, key };
    }),
    minVersion,
    clientAuthentication: clientAuthorities === undefined
      ? undefined
      : { authorities: clientAuthorities, isRequired: clientAuth === "required" },
    hstsSeconds: hsts === 0 ? undefined : Math.floor(hsts / 1000),
  };
}

type TlsConfig = NonNullable<Configuration["listeners"][string]["tls"]>;

/** Where the listeners lead that redirect to https, by their names; undefined if none does. */
export function httpsPortsOf(
  { listeners }: Pick<Configuration, "listeners">,
): ReadonlyMap<string, number> | undefined {
  const all = Object.entries(listeners);
  const [, secure] = all.find(([, { tls }]) => tls !== undefined) ?? [];
  const redirecting = all.filter(([, { redirectToHttps }]) => redirectToHttps);
  if (secure === undefined || redirecting.length === 0) return undefined;
  return new Map(redirecting.map(([name]) => [name, secure.port]));
}

/** The same revision, with the ports that the system chose. @param addresses in the order of its listeners */
export function withPorts(revision: Revision, addresses: readonly Deno.NetAddr[]): Revision {
  const listeners = revision.listeners.map((listener, place) => ({
    ...listener,
    port: addresses[place]!.port,
  }));
  return { ...revision, listeners };
}
