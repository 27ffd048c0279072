import { assertEquals } from "@std/assert";
import { Backend } from "../../lib/backends/backend.ts";
import { type ProxyVersion, writeProxyHeader } from "../../lib/net/proxy_header/write.ts";
import type { ServingPool } from "../../lib/routing/route.ts";
import { Probing } from "../../lib/runtime/probing.ts";
import { RawBackend } from "../support/raw_backend.ts";
import { bytesOf } from "../support/raw_client.ts";

/** What the first probe of a backend comes to. */
async function probe(url: string, proxyProtocol: ProxyVersion | undefined): Promise<string> {
  const result = Promise.withResolvers<string>();
  await using probing = new Probing();
  const health = { path: "/healthz", status: [[200, 399]], interval: 50, timeout: 2_000 };
  probing.update({
    config: { health, proxyProtocol },
    pool: {
      backends: [new Backend({ url, weight: 1 })],
      probed: (_: Backend, good: boolean, reason: string) => result.resolve(`${good} ${reason}`),
    },
  } as unknown as ServingPool);
  return await result.promise;
}

for (const version of [1, 2] as const) {
  Deno.test(`probing: backends that get PROXY headers of version ${version} get one of the balancer's own with each probe`, async () => {
    const received: string[] = [];
    await using backend = new RawBackend(async (side) => {
      received.push(await side.until("close\r\n\r\n"));
      await side.send("HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n");
      await side.send("HTTP/1.1 204 No Content\r\n\r\n");
    });
    const { port } = new URL(backend.url);
    assertEquals(await probe(`${backend.url}/base`, version), "true answered 204");
    const header = writeProxyHeader(version, undefined);
    const bytes = bytesOf(received[0]!);
    assertEquals(bytes.slice(0, header.length), header);
    assertEquals(
      received[0]!.slice(header.length),
      `GET /base/healthz HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUser-Agent: roundabout\r\n` +
        "Connection: close\r\n\r\n",
    );
  });
}

for (
  const [what, answer, expected] of [
    ["is no HTTP", "SSH-2.0-OpenSSH_9.2p1\r\n", /^false http_protocol_error|^false connection_/],
    ["ends early", "HTTP/1.1", /^false connection_terminated/],
  ] as const
) {
  Deno.test(`probing: an answer that ${what} is a bad one`, async () => {
    await using backend = new RawBackend(async (side) => {
      await side.until("close\r\n\r\n");
      await side.send(answer);
    });
    const result = await probe(backend.url, 1);
    assertEquals(expected.test(result), true, result);
  });
}

Deno.test("probing: a backend that is not there is bad, whatever it is told", async () => {
  assertEquals(
    await probe("unix:/nonexistent/app.sock", undefined),
    "false connection_refused: there is no such socket",
  );
});
