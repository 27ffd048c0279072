import type { Bytes, Connection } from "./connection.ts";

/** Sends all bytes, however many pieces that takes. */
export async function writeAll(
  connection: Pick<Connection, "write">,
  bytes: Bytes,
): Promise<void> {
  for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
}
