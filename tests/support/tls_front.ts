/** A balancer of the tcp engine that takes TLS, and clients of it. */
import { balance as balanceWith, type TestOptions } from "./balancer.ts";
import { connectSecurely, LOCALHOST_TLS } from "./certificates.ts";
import { Dialogue } from "./raw_client.ts";

export const LOCALHOST = ["localhost"];
export const TLS = LOCALHOST_TLS;
export const GET = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

export function balance(urls: readonly string[], options: TestOptions = {}) {
  return balanceWith(urls, { tls: TLS, ...options, engine: "tcp" });
}

export async function openSecurely(port: number, serverName?: string): Promise<Dialogue> {
  return new Dialogue(await connectSecurely(port, serverName));
}
