import { assert, assertEquals } from "@std/assert";
import { forEachEngine } from "../support/each_engine.ts";
import { deadPort } from "../support/dead_port.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";
import type { ParsedRequest } from "../support/strict_parser.ts";

forEachEngine(({ balance, test }) => {
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  const paths = (requests: readonly ParsedRequest[], path: string) =>
    requests.filter(({ target }) => target === path).length;

  /** A backend that serves, and on /die closes without a response, like a process that is killed. */
  const dying = () =>
    new ScriptedBackend("a", ({ target }) => target === "/die" ? "close" : "serve");

  for (const body of ["hello", ""]) {
    const what = body === "" ? "without a body" : "with a small body";

    for (const method of ["POST", "PATCH", "M-SEARCH"]) {
      test(`never twice: ${method} ${what} on a connection that dies is delivered once`, async () => {
        await using backend = dying();
        await using other = new ScriptedBackend("b");
        await using balancer = balance([backend.url, other.url]);
        const send = async (path: string) => {
          const response = await fetch(balancer.url + path, { method, body: body || null });
          return [response.status, await response.text()];
        };
        // Each backend twice: there is a pooled connection in use when /die arrives.
        for (const path of ["/1", "/2", "/3", "/4"]) await send(path);
        const [status] = await send("/die");
        assertEquals(status, 502);
        assertEquals([paths(backend.requests, "/die"), paths(other.requests, "/die")], [1, 0]);
      });
    }
  }

  test("never twice: a GET on a connection that dies is sent again, and answered", async () => {
    await using backend = dying();
    await using other = new ScriptedBackend("b");
    await using balancer = balance([backend.url, other.url]);
    for (const path of ["/1", "/2", "/die"]) {
      const response = await fetch(balancer.url + path);
      await response.text();
      assertEquals(response.status, 200);
    }
  });

  for (const size of [5, 64 * 1024, 100_000, 5_000_000]) {
    test(`never twice: a POST of ${size} bytes to a refused port arrives whole at the next, its length kept`, async () => {
      await using backend = new ScriptedBackend("b");
      await using balancer = balance([`http://127.0.0.1:${deadPort()}`, backend.url]);
      const body = new Uint8Array(size).map((_, index) => index * 31);
      const response = await fetch(balancer.url, { method: "POST", body });
      assertEquals([response.status, await response.text()], [200, "b"]);
      const [request] = backend.requests;
      assertEquals(request!.fields.find(([name]) => name === "content-length")?.[1], String(size));
      assertEquals(request!.body, body);
    });
  }

  test("never twice: a chunked POST to a refused port arrives whole at the next", async () => {
    await using backend = new ScriptedBackend("b");
    await using balancer = balance([`http://127.0.0.1:${deadPort()}`, backend.url]);
    const body = ReadableStream.from(["one ", "two ", "three"]).pipeThrough(
      new TextEncoderStream(),
    );
    const response = await fetch(balancer.url, { method: "POST", body });
    assertEquals(await response.text(), "b");
    assertEquals(decode(backend.requests[0]!.body), "one two three");
  });

  test("never twice: a PUT that a backend broke off is sent whole to the next", async () => {
    await using a = new ScriptedBackend("a", { closeAfter: 1_000 });
    await using b = new ScriptedBackend("b");
    await using balancer = balance([a.url, b.url]);
    const body = "x".repeat(60_000);
    const response = await fetch(balancer.url, { method: "PUT", body });
    assertEquals(await response.text(), "b");
    assertEquals(decode(b.requests[0]!.body), body);
  });

  test("never twice: a PUT too large to be kept is not sent again after a backend broke it off", async () => {
    await using a = new ScriptedBackend("a", { closeAfter: 2_000_000 });
    await using b = new ScriptedBackend("b");
    await using balancer = balance([a.url, b.url]);
    const response = await fetch(balancer.url, { method: "PUT", body: new Uint8Array(5_000_000) });
    assertEquals([response.status, b.requests.length], [502, 0]);
    assert(response.headers.get("proxy-status")!.includes("body already sent"));
    await response.body?.cancel();
  });

  test("never twice: a POST that a client broke off reaches no second backend", async () => {
    await using a = new ScriptedBackend("a");
    await using b = new ScriptedBackend("b");
    await using balancer = balance([a.url, b.url]);
    const connection = await Deno.connect({ hostname: "127.0.0.1", port: balancer.port });
    const head = "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 100\r\n\r\n";
    await connection.write(new TextEncoder().encode(head + "only this"));
    await a.until(() => a.bytesReceived > 0);
    connection.close();
    await a.until(() => a.openConnections === 0);
    assertEquals([a.requests.length, b.connections, balancer.changes], [0, 0, []]);
  });
});
