/** Changes one backend of a running balancer, for the commands that do. */
import { escapeUnprintable } from "../logging/escape.ts";
import { print } from "../logging/log.ts";
import type { AdminClient, Json } from "./admin_client.ts";
import type { Flags } from "./command.ts";

/** What the balancer says of the backend that was changed. */
export interface ChangedBackend {
  readonly pool: string;
  readonly backend: string;
  readonly inFlight: number;
  readonly draining: boolean;
  readonly weight: number;
}

/** @throws {AdminError} if it was not changed */
export async function changeBackend(
  client: AdminClient,
  { pool, backend }: Flags,
  action: string,
  body?: Json,
): Promise<ChangedBackend> {
  const path = backendPath(pool!, backend!);
  return await client.post(`${path}/${action}`, body) as unknown as ChangedBackend;
}

/** The path of a backend in the API. */
export function backendPath(pool: string, backend: string): string {
  return `/api/pools/${encodeURIComponent(pool)}/backends/${encodeURIComponent(backend)}`;
}

/** Prints a line about a backend. */
export function printState({ pool, backend }: ChangedBackend, state: string): void {
  print(escapeUnprintable(`${pool} ${backend}: ${state}`) + "\n");
}
