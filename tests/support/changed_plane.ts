/** Asks a data plane whose configuration changes, and writes the files of its configurations. */
import { type Dialogue, exchange } from "./raw_client.ts";

export const GET = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";

export const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** Asks on a connection of its own. @returns what answered */
export async function ask(port: number): Promise<string> {
  const [response] = await exchange(
    port,
    "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n",
  );
  return text(response!.body);
}

/** Asks on a kept connection. @returns what answered */
export async function askOn(client: Dialogue): Promise<string> {
  await client.send(GET);
  return text((await client.response()).body);
}

/** A configuration with one pool. */
export const users = (...backends: unknown[]) => ({ pools: { users: { backends } } });
