import { assertEquals } from "@std/assert";
import { hasShortBody } from "../../../lib/engines/web/response_body.ts";
import { Dialogue } from "../../support/raw_client.ts";
import { ScriptedBackend } from "../../support/scripted_backend.ts";

for (
  const [what, response, expected] of [
    ["no body", new Response(null), false],
    ["a body of unknown length", new Response("x"), false],
    ["a body of 1 byte", new Response("x", { headers: { "content-length": "1" } }), true],
    ["a body of 64 KiB", new Response("x", { headers: { "content-length": "65536" } }), true],
    ["a body of a byte more", new Response("x", { headers: { "content-length": "65537" } }), false],
    [
      "a response to HEAD with a length",
      new Response(null, { headers: { "content-length": "1" } }),
      false,
    ],
  ] as const
) {
  Deno.test(`response body: ${what} is ${expected ? "" : "not "}short`, () => {
    assertEquals(hasShortBody(response), expected);
  });
}

Deno.test("response body: a body that is handed on unchanged cannot be broken off, which is why bodies are watched", async () => {
  await using backend = new ScriptedBackend("a", {
    reply: "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
  });
  const aborting = new AbortController();
  const handing = Promise.withResolvers<void>();
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    async () => {
      const response = await fetch(backend.url, { signal: aborting.signal });
      handing.resolve();
      return new Response(response.body, { headers: response.headers });
    },
  );
  const client = await Dialogue.open(server.addr.port);
  await client.send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
  await handing.promise;
  await client.until("half");
  aborting.abort();
  const rest = client.rest();
  const closed = await Promise.race([
    rest.then(() => "closed"),
    new Promise((resolve) => setTimeout(() => resolve("still open"), 200)),
  ]);
  assertEquals([closed, backend.openConnections], ["still open", 1]);
  client[Symbol.dispose]();
  await rest.catch(() => {});
  await backend[Symbol.asyncDispose]();
});
