import { assertEquals } from "@std/assert";
import { balance } from "../../support/balancer.ts";
import { ScriptedBackend } from "../../support/scripted_backend.ts";

/** A client that uses HTTP/2 from the first byte, like a proxy in front of this one may. */
async function overHttp2(url: string, init: RequestInit): Promise<Response> {
  using client = Deno.createHttpClient({ http1: false, http2: true });
  const response = await fetch(url, { ...init, client });
  await response.text();
  return response;
}

for (
  const [method, body, framing] of [
    ["GET", null, []],
    ["DELETE", null, []],
    ["POST", null, ["content-length: 0"]],
    ["POST", "hello", ["content-length: 5"]],
    ["POST", ReadableStream.from(["hello"]).pipeThrough(new TextEncoderStream()), [
      "transfer-encoding: chunked",
    ]],
  ] as const
) {
  const what = body === null ? "without a body" : `with a body, ${framing[0]}`;
  Deno.test(`HTTP/2: ${method} ${what} is forwarded as HTTP/1.1`, async () => {
    await using backend = new ScriptedBackend("a");
    await using balancer = balance([backend.url]);
    const response = await overHttp2(`${balancer.url}/x?y`, { method, body });
    assertEquals(response.status, 200);
    const [request] = backend.requests;
    const lines = request!.fields.map(([name, value]) => `${name}: ${value}`);
    assertEquals([request!.method, request!.target], [method, "/x?y"]);
    assertEquals(new TextDecoder().decode(request!.body), body === null ? "" : "hello");
    assertEquals(
      lines.filter((line) => /^(content-length|transfer-encoding):/.test(line)),
      framing,
    );
    assertEquals(lines.filter((line) => line.startsWith("host:")), [
      `host: 127.0.0.1:${balancer.port}`,
    ]);
    assertEquals(lines.includes("via: 2 roundabout"), true);
  });
}

Deno.test("HTTP/2: an unannounced body that does not arrive is answered 408", async () => {
  await using backend = new ScriptedBackend("a");
  await using balancer = balance([backend.url], { idleTimeout: 200 });
  const { readable: body, writable } = new TransformStream<Uint8Array, Uint8Array<ArrayBuffer>>();
  using client = Deno.createHttpClient({ http1: false, http2: true });
  const response = await fetch(balancer.url, { method: "POST", body, client });
  await response.body?.cancel();
  await writable.abort();
  assertEquals([response.status, backend.requests.length], [408, 0]);
});

Deno.test("HTTP/2: an authority equal to the fallback for a missing Host is served", async () => {
  await using backend = new ScriptedBackend("a");
  await using balancer = balance([backend.url]);
  const response = await overHttp2(`http://localhost:${balancer.port}/`, {});
  assertEquals(response.status, 200);
});
