/** Changes one backend of a running balancer, for the commands that do. */
import { escapeUnprintable } from "../logging/escape.ts";
import { print } from "../logging/log.ts";
import { type ChangedBackend, isChangedBackend } from "./admin_answers.ts";
import type { AdminClient, Json } from "./admin_client.ts";
import type { Flags } from "./command.ts";

/** @throws {AdminError} if it was not changed */
export async function changeBackend(
  client: AdminClient,
  { pool, backend }: Flags,
  action: string,
  body?: Json,
): Promise<ChangedBackend> {
  const path = backendPath(pool!, backend!);
  const answer = await client.post(`${path}/${action}`, body);
  return client.expect(answer, isChangedBackend, "a backend");
}

/** The path of a backend in the API. */
export function backendPath(pool: string, backend: string): string {
  return `/api/pools/${encodeURIComponent(pool)}/backends/${encodeURIComponent(backend)}`;
}

/** Prints a line about a backend. */
export function printState({ pool, backend }: ChangedBackend, state: string): void {
  print(escapeUnprintable(`${pool} ${backend}: ${state}`) + "\n");
}
