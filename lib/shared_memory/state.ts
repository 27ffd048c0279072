/**
 * The state of pools, backends and routes, found by their ids: a reload carries over what goes on, makes
 * what is new, and lets go of the rest. A backend that was taken out and returns is a new one, as whatever
 * was known of it may be true no longer.
 */
import { backendRecords, poolRecords, routeRecords, wayRecords } from "./layout.ts";

/** The state of one backend. */
export interface BackendState {
  /**
   * The connections to it belong to this number: it tells a backend that is spoken to in another way over TLS
   * from itself before. It tells a backend that returns from the one with the same id that was taken out (Kubernetes calls such a
   * number a uid, too).
   */
  readonly uid: number;
  readonly buffer: SharedArrayBuffer;
}

/** The state of one pool. */
export interface PoolState {
  readonly buffer: SharedArrayBuffer;
  /** By their ids. */
  readonly backends: ReadonlyMap<string, BackendState>;
  /** How its backends are spoken to over TLS, as a text. */
  readonly tls?: string | undefined;
}

/** The state of all that a configuration names: plain data, and memory that workers share. */
export interface SharedState {
  /** By their names. */
  readonly pools: ReadonlyMap<string, PoolState>;
  /** By their ids. */
  readonly routes: ReadonlyMap<string, SharedArrayBuffer>;
  /** The counts of requests, by {@linkcode wayId}. */
  readonly ways: ReadonlyMap<string, SharedArrayBuffer>;
}

/** What has a state. */
export interface Stateful {
  /** The ids of backends, by the names of their pools. */
  readonly pools: ReadonlyMap<string, readonly string[]>;
  /** How pools speak over TLS to their backends, as texts, by the names of those that say so. */
  readonly tls?: ReadonlyMap<string, string>;
  /** The ids of routes that limit their requests in flight. */
  readonly routes: readonly string[];
  readonly ways: readonly string[];
}

/** The id of a way of requests. @param pool undefined for what the route answers itself */
export function wayId(route: string, pool: string | undefined): string {
  return JSON.stringify([route, pool]);
}

export const NO_STATE: SharedState = { pools: new Map(), routes: new Map(), ways: new Map() };

let lastUid = 0;

/** A uid that no other backend of this thread has. */
export function newUid(): number {
  return ++lastUid;
}

/** @param workers including the control plane, which is number 0 */
export function carryOver(before: SharedState, now: Stateful, workers: number): SharedState {
  const pools = [...now.pools].map(([name, ids]) => {
    const pool = before.pools.get(name);
    const tls = now.tls?.get(name);
    const backends = new Map(ids.map((id) => {
      const known = pool?.backends.get(id);
      if (known === undefined) return [id, newBackendState(workers)];
      const needsConnections = pool?.tls !== tls && id.startsWith("https://");
      return [id, needsConnections ? { ...known, uid: newUid() } : known];
    }));
    return [name, { buffer: pool?.buffer ?? poolRecords().buffer, backends, tls }] as const;
  });
  const routes = now.routes.map((id) =>
    [id, before.routes.get(id) ?? routeRecords(workers).buffer] as const
  );
  const ways = now.ways.map((id) =>
    [id, before.ways.get(id) ?? wayRecords(workers).buffer] as const
  );
  return { pools: new Map(pools), routes: new Map(routes), ways: new Map(ways) };
}

function newBackendState(workers: number): BackendState {
  return { uid: newUid(), buffer: backendRecords(workers).buffer };
}
