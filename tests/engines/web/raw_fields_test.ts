import { assertEquals } from "@std/assert";
import { rawFields } from "../../../lib/engines/web/raw_fields.ts";

// If one of these fails, Deno has moved its header list: lib/engines/web/raw_fields.ts must follow, or
// duplicate lines reach backends and clients joined into one.

Deno.test("rawFields: a received request's lines are apart, in order and in their case", async () => {
  const seen = Promise.withResolvers<readonly (readonly [string, string])[]>();
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    seen.resolve(rawFields(request.headers));
    return new Response();
  });
  const { port } = server.addr;
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const head =
    "GET / HTTP/1.1\r\nHost: a.test\r\nX-D: 1\r\nB: 2\r\nx-d: 3\r\nX-D:\r\nConnection: close\r\n\r\n";
  await connection.write(new TextEncoder().encode(head));
  await new Response(connection.readable).text();
  assertEquals(await seen.promise, [
    ["Host", "a.test"],
    ["X-D", "1"],
    ["B", "2"],
    ["x-d", "3"],
    ["X-D", ""],
    ["Connection", "close"],
  ]);
});

Deno.test("rawFields: a fetched response's lines are apart", async () => {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response(null, { headers: [["warning", "1"], ["warning", "2"]] }),
  );
  const response = await fetch(`http://127.0.0.1:${server.addr.port}/`);
  const warnings = rawFields(response.headers).filter(([name]) => name === "warning");
  await response.body?.cancel();
  assertEquals(warnings, [["warning", "1"], ["warning", "2"]]);
});

Deno.test("rawFields: a Headers object made by hand gives its lines", () => {
  assertEquals(rawFields(new Headers([["a", "1"], ["a", "2"]])), [["a", "1"], ["a", "2"]]);
});
