/** The backends of a pool, with their state in the memory that workers share. */
import { Backend, idOf } from "../backends/backend.ts";
import type { TlsOptions } from "../net/tls/tls_options.ts";
import { BACKEND, backendRecords, WORKER_BACKEND } from "../shared_memory/layout.ts";
import type { PoolState } from "../shared_memory/state.ts";
import type { ResolvedBackend, ResolvedPool } from "./revision.ts";

/** Who uses memory that workers share. */
export interface Sharer {
  /** The number of this worker; 0 is the control plane. */
  readonly worker: number;
  /** How many there are, the control plane included. */
  readonly workers: number;
}

export function createBackends(
  pool: Pick<ResolvedPool, "backends" | "tls">,
  state: PoolState,
  { worker, workers }: Sharer,
): readonly Backend[] {
  return pool.backends.map((backend) => {
    const { uid, buffer } = state.backends.get(idOf(backend.url))!;
    const records = backendRecords(workers, buffer);
    const own = records.record(WORKER_BACKEND, worker);
    return new Backend(
      { ...backend, tls: tlsTo(pool, backend) },
      records.record(BACKEND),
      own,
      uid,
    );
  });
}

/** TLS to the backends of a pool that is loaded: its files have been read. Undefined if it says nothing of it. */
export function poolTls({ tls }: Pick<ResolvedPool, "tls">): TlsOptions | undefined {
  if (tls === undefined) return undefined;
  const { ca, cert, serverName, verify, loaded } = tls;
  if (loaded === undefined && (ca ?? cert) !== undefined) {
    throw new Error(`Cannot use ${ca ?? cert} as it was not read`);
  }
  return { ...loaded, serverName, verify };
}

function tlsTo(
  pool: Pick<ResolvedPool, "tls">,
  { url, name }: ResolvedBackend,
): TlsOptions | undefined {
  if (!url.startsWith("https://")) return undefined;
  const options = poolTls(pool);
  // A backend that was found by a name has that in its certificate.
  if (name === undefined) return options;
  return { verify: true, ...options, serverName: options?.serverName ?? name };
}
