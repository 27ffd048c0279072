/** What has changed from one configuration to another, in the words of the file: for the log, and for `check --diff`. */
import {
  changesOfAcme,
  changesOfAuthorities,
  changesOfBackendTls,
  changesOfCertificates,
} from "./certificate_changes.ts";
import { addedAndRemoved, differencesOf, firstOf, isEqual } from "./differences.ts";
import type { Configuration, PoolConfig, RouteConfig } from "./model.ts";
import { SHARED } from "./schema/pool.ts";
import { configuration } from "./schema/root.ts";
import { itemOf, settingsOf } from "./schema/walk.ts";
import { keyOf, type ListedBackend } from "./values/listed_backend.ts";

/** Whoever changes more does not read it line by line. */
const MAX_LINES = 20;
const MAX_CHANGES_PER_LINE = 10;

export interface ChangesOptions {
  /** The id of a route: its name, or its match. */
  readonly routeIdOf: (route: RouteConfig) => string;
  /** How many requests are in flight at a backend that was removed; by default nothing is said of them. */
  readonly inFlightAt?: (pool: string, url: string) => number;
}

/** What has changed of one thing. */
interface Changes {
  /** Such as `pool users`; undefined for a setting of the top level. */
  readonly subject: string | undefined;
  readonly changes: readonly string[];
}

const SETTINGS = settingsOf(configuration)!;
const LISTENER = itemOf(SETTINGS["listeners"]!)!;
const ROUTE = itemOf(SETTINGS["routes"]!)!;
const POOL = settingsOf(itemOf(SETTINGS["pools"]!)!)!;
const BACKEND = itemOf(POOL["backends"]!)!;

/** The settings of a pool that `defaults` may have, and the others. */
const IN_DEFAULTS = Object.keys(SHARED);
const OWN = Object.keys(POOL).filter((key) => key !== "backends" && !IN_DEFAULTS.includes(key));

/** What has lines of its own, or changes nothing that runs. */
const NOT_TOP_LEVEL = ["pools", "routes", "listeners", "tests", "defaults"];

/**
 * @returns one line for each pool, route and listener and for each setting of the top level, such as
 * `pool users: + http://users-4:5000, - http://users-1:5000`; empty if nothing has changed. No secret, no
 * value of a header and no text of a page is in it
 */
export function changesOf(
  before: Configuration,
  after: Configuration,
  options: ChangesOptions,
): string[] {
  const all = [
    ...ofPools(byName(before.pools), byName(after.pools), options),
    ...ofRoutes(before.routes, after.routes, options),
    ...ofNamed(
      "listener",
      byName(before.listeners),
      byName(after.listeners),
      ofListener,
    ),
    ...ofTopLevel(before, after),
  ];
  const rest = all.slice(MAX_LINES).reduce((count, { changes }) => count + changes.length, 0);
  return [
    ...all.slice(0, MAX_LINES).map(lineOf),
    ...(rest === 0 ? [] : [`and ${rest} more change${rest === 1 ? "" : "s"}`]),
  ];
}

function lineOf({ subject, changes }: Changes): string {
  const text = firstOf(changes, MAX_CHANGES_PER_LINE).join(", ");
  return subject === undefined ? text : `${subject}: ${text}`;
}

/** Things with a name: added, removed, or with other settings. */
function ofNamed<Value>(
  kind: string,
  before: ReadonlyMap<string, Value>,
  after: ReadonlyMap<string, Value>,
  compare: (before: Value, after: Value, name: string) => readonly string[],
): Changes[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((name): Changes[] => {
    const subject = `${kind} ${name}`;
    const [was, is] = [before.get(name), after.get(name)];
    if (was === undefined) return [{ subject, changes: ["added"] }];
    if (is === undefined) return [{ subject, changes: ["removed"] }];
    const changes = compare(was, is, name);
    return changes.length === 0 ? [] : [{ subject, changes }];
  });
}

function ofPools(
  before: ReadonlyMap<string, PoolConfig>,
  after: ReadonlyMap<string, PoolConfig>,
  { inFlightAt }: ChangesOptions,
): Changes[] {
  const inAll = ofAllPools(
    keptOf(before, after).map((name) => sharedChanges(before.get(name)!, after.get(name)!)),
  );
  const each = ofNamed("pool", before, after, (one, other, name) => [
    // Settings first: they are few, and a line does not show all of many backends.
    ...sharedChanges(one, other).filter((change) => !inAll.includes(change)),
    ...ofSettings(withoutFiles(one), withoutFiles(other), OWN),
    ...changesOfBackendTls(one.tls, other.tls),
    ...ofBackends(one.backends, other.backends, (url) => inFlightAt?.(name, url) ?? 0),
  ]);
  return inAll.length === 0 ? each : [{ subject: "all pools", changes: inAll }, ...each];
}

/** The same without what files for TLS hold. */
function withoutFiles(pool: PoolConfig): PoolConfig {
  return pool.tls === undefined ? pool : { ...pool, tls: { ...pool.tls, loaded: undefined } };
}

/** What `defaults` may have changed. */
function sharedChanges(before: PoolConfig, after: PoolConfig): string[] {
  return ofSettings(before, after, IN_DEFAULTS);
}

/** What has changed in each pool alike; nothing if there is only one. */
function ofAllPools([first = [], ...others]: readonly (readonly string[])[]): string[] {
  if (others.length === 0) return [];
  return first.filter((change) => others.every((changes) => changes.includes(change)));
}

function ofSettings(before: PoolConfig, after: PoolConfig, keys: readonly string[]): string[] {
  return keys.flatMap((key) =>
    differencesOf(POOL[key], valueOf(before, key), valueOf(after, key), [key])
  );
}

type Backends = PoolConfig["backends"];
type ListenerConfig = Configuration["listeners"][string];

function ofBackends(
  before: Backends,
  after: Backends,
  inFlightAt: (url: string) => number,
): string[] {
  const [was, is] = [listed(before), listed(after)];
  const changes = addedAndRemoved([...was.keys()], [...is.keys()]);
  return [
    ...changes.map((change) => change + draining(change, inFlightAt)),
    ...keptOf(is, was).flatMap((name) =>
      differencesOf(BACKEND, was.get(name), is.get(name), []).map((change) => `${name}: ${change}`)
    ),
    ...(isEqual(keptOf(was, is), keptOf(is, was)) ? [] : ["order of backends"]),
  ];
}

/** The names that others have as well, in their order. */
function keptOf(
  names: ReadonlyMap<string, unknown>,
  others: ReadonlyMap<string, unknown>,
): string[] {
  return [...names.keys()].filter((name) => others.has(name));
}

function draining(change: string, inFlightAt: (url: string) => number): string {
  const [, url] = /^- (.*)$/.exec(change) ?? [];
  const inFlight = url === undefined ? 0 : inFlightAt(url);
  return inFlight === 0 ? "" : ` (draining ${inFlight})`;
}

function ofListener(before: ListenerConfig, after: ListenerConfig): string[] {
  const [was, is] = [withoutCertificates(before), withoutCertificates(after)];
  const settings = differencesOf(LISTENER, was.listener, is.listener, []);
  if (before.tls === undefined || after.tls === undefined) return settings;
  return [
    ...settings,
    ...changesOfAuthorities(before.tls, after.tls),
    ...changesOfCertificates(was.certificates, is.certificates),
    ...changesOfAcme(before.tls, after.tls),
  ];
}

function withoutCertificates(listener: ListenerConfig) {
  const { tls } = listener;
  const certificates = tls?.certificates ?? [];
  if (tls === undefined) return { listener, certificates };
  return {
    listener: {
      ...listener,
      tls: {
        ...tls,
        certificates: undefined,
        clientAuthorities: undefined,
        acme: tls.acme && { ...tls.acme, loaded: undefined, directoryAuthorities: undefined },
      },
    },
    certificates,
  };
}

/** The entries of a pool by what they are called, with those of the files that list some in their places. */
function listed(backends: Backends): ReadonlyMap<string, ListedBackend> {
  const all = backends.flatMap((entry) => "file" in entry ? entry.backends : [entry]);
  return new Map(all.map((entry) => [keyOf(entry), entry]));
}

function ofRoutes(
  before: readonly RouteConfig[],
  after: readonly RouteConfig[],
  { routeIdOf }: ChangesOptions,
): Changes[] {
  const [was, is] = [byId(before, routeIdOf), byId(after, routeIdOf)];
  const routes = ofNamed("route", was, is, (one, other) => differencesOf(ROUTE, one, other, []));
  return isEqual(keptOf(was, is), keptOf(is, was))
    ? routes
    : [...routes, { subject: undefined, changes: ["order of routes"] }];
}

/** In their order. No two have the same id: names are unique, and of two equal matches the second is refused. */
function byId(
  routes: readonly RouteConfig[],
  routeIdOf: (route: RouteConfig) => string,
): ReadonlyMap<string, RouteConfig> {
  return new Map(routes.map((route) => [routeIdOf(route), route]));
}

function ofTopLevel(before: Configuration, after: Configuration): Changes[] {
  const [was, is] = [withoutOwnCertificate(before), withoutOwnCertificate(after)];
  const names = Object.keys(SETTINGS).filter((name) => !NOT_TOP_LEVEL.includes(name));
  const settings = names.flatMap((name) =>
    differencesOf(SETTINGS[name], valueOf(was, name), valueOf(is, name), [name])
  );
  const certificates = changesOfCertificates(ownCertificates(before), ownCertificates(after));
  return [...settings, ...certificates.map((change) => `admin: ${change}`)]
    .map((change) => ({ subject: undefined, changes: [change] }));
}

/** Those of the admin port. */
function ownCertificates({ admin }: Configuration) {
  return admin?.tls?.certificates ?? [];
}

function withoutOwnCertificate(config: Configuration): Configuration {
  const { admin } = config;
  if (admin?.tls === undefined) return config;
  return { ...config, admin: { ...admin, tls: { ...admin.tls, certificates: [] } } };
}

function byName<Value>(values: Readonly<Record<string, Value>>): ReadonlyMap<string, Value> {
  return new Map(Object.entries(values));
}

function valueOf(record: object, name: string): unknown {
  return (record as Readonly<Record<string, unknown>>)[name];
}
