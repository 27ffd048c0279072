/** Backends over TLS, as far as both engines can; and what the tcp engine can beyond that. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { issue } from "../../lib/tls/issue.ts";
import { balance } from "../support/balancer.ts";
import { forEachEngine } from "../support/each_engine.ts";
import { AUTHORITY, certificateFor, VALID } from "../support/certificates.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";
import { SecureBackend } from "../support/secure_backend.ts";
import { assertAbout, pause, timed } from "../support/timing.ts";

const ADDRESS = await certificateFor(["127.0.0.1"]);
const NAMED = await certificateFor(["app.internal"]);
const OTHER_AUTHORITY = await issue({ ...VALID, names: ["Other CA"], isAuthority: true });
const ME = await certificateFor(["me.internal"]);
const SELF_SIGNED = await issue({ ...VALID, names: ["127.0.0.1"] });
const EXPIRED = await certificateFor(["127.0.0.1"], {
  from: Date.UTC(2020, 0),
  until: Date.UTC(2021, 0),
});
const TRUSTED = { ca: AUTHORITY.cert, verify: true };

/** What a failure looks like with TLS, for the log. */
const secureUrl = ({ url }: { readonly url: string }) => url.replace("http:", "https:");

forEachEngine(({ engine, balance, test }) => {
  test("backend TLS: a backend of an authority of ours is asked, and its connection kept", async () => {
    await using backend = await SecureBackend.start(ADDRESS);
    await using balancer = balance([`${backend.url}/base`], { backendTls: TRUSTED });
    for (let number = 1; number <= 5; number++) {
      const response = await fetch(`${balancer.url}/x?y=${number}`, {
        method: "PUT",
        body: "x".repeat(number),
      });
      assertEquals([response.status, await response.text()], [200, "secure"]);
    }
    const connections = engine === "web" ? 2 : 1; // one to see whether it is there
    assert(backend.connections <= connections, `${backend.connections} connections`);
    assertEquals(
      backend.requests.map(({ method, url, body }) => [method, url, body.length]),
      [1, 2, 3, 4, 5].map((number) => ["PUT", `/base/x?y=${number}`, number]),
    );
    assertEquals(backend.requests[0]!.host, new URL(balancer.url).host);
  });

  test("backend TLS: a backend that asks for a certificate is shown ours", async () => {
    await using backend = await SecureBackend.start(ADDRESS, { clientCa: AUTHORITY.cert });
    const { cert, key } = ME;
    const backendTls = { ...TRUSTED, client: { cert, key } };
    await using balancer = balance([backend.url], { backendTls });
    assertEquals(await (await fetch(balancer.url)).text(), "secure");
    assertEquals(backend.requests.map(({ client }) => client), ["me.internal"]);
  });

  test("backend TLS: without a certificate of ours it lets nobody in", async () => {
    await using backend = await SecureBackend.start(ADDRESS, { clientCa: AUTHORITY.cert });
    await using balancer = balance([backend.url], { backendTls: TRUSTED });
    const response = await fetch(balancer.url);
    await response.body?.cancel();
    assert(response.status >= 502 && response.status <= 503, String(response.status));
    assertEquals(backend.requests, []);
  });

  for (
    const [what, certificate, reason] of [
      ["of another authority", SELF_SIGNED, /unknown/i],
      ["for another name", NAMED, /name|is not for/],
      [
        "that has expired",
        EXPIRED,
        /expired/,
      ],
    ] as const
  ) {
    test(`backend TLS: a backend with a certificate ${what} gets nothing, and the next one is asked`, async () => {
      await using bad = await SecureBackend.start(certificate);
      await using good = await SecureBackend.start(ADDRESS);
      await using balancer = balance([bad.url, good.url], { backendTls: TRUSTED });
      for (const method of ["GET", "POST"]) {
        assertEquals(await (await fetch(balancer.url, { method })).text(), "secure");
      }
      assertEquals(bad.requests, []);
      assertEquals(good.requests.length, 2);
      assertMatch(balancer.changes[0]!, /fails: tls_certificate_error$/);
      const [attempt] = balancer.entries[0]!.attempts;
      assertMatch(JSON.stringify(attempt), reason);
    });
  }

  test("backend TLS: a backend without it is tls_protocol_error", async () => {
    await using plain = new ScriptedBackend("a", { replyAndClose: "HTTP/1.1 400 B\r\n\r\n" });
    await using good = await SecureBackend.start(ADDRESS);
    await using balancer = balance([secureUrl(plain), good.url], { backendTls: TRUSTED });
    plain.behaviour = { closeAfter: 1 };
    assertEquals(await (await fetch(balancer.url)).text(), "secure");
    assertMatch(balancer.changes[0]!, /fails: tls_protocol_error$/);
  });

  test("backend TLS: a backend that says nothing is connection_timeout, and no socket to it is left", async () => {
    await using silent = new ScriptedBackend("a", "stall");
    await using good = await SecureBackend.start(ADDRESS);
    await using balancer = balance([secureUrl(silent), good.url], {
      backendTls: TRUSTED,
      connectTimeout: 300,
    });
    const [text, took] = await timed(async () => await (await fetch(balancer.url)).text());
    assertEquals(text, "secure");
    assertAbout(took, 300);
    assertMatch(balancer.changes[0]!, /fails: connection_timeout$/);
    await silent.until(() => silent.openConnections === 0);
  });

  test("backend TLS: a kept connection that the backend has closed is replaced", async () => {
    await using backend = await SecureBackend.start(ADDRESS);
    await using balancer = balance([backend.url], { backendTls: TRUSTED });
    for (let number = 1; number <= 3; number++) {
      assertEquals(await (await fetch(balancer.url)).text(), "secure");
      assert(backend.connections >= number, `${backend.connections} connections`);
      backend.closeConnections();
    }
    assertEquals(balancer.changes, []);
  });

  test("backend TLS: a backend that is back is found by connect checks, and not before its certificate is right", async () => {
    const good = await SecureBackend.start(ADDRESS);
    const { port } = good;
    await good[Symbol.asyncDispose]();
    await using balancer = balance([`https://127.0.0.1:${port}`], {
      backendTls: TRUSTED,
      pool: { ejection: { after: 1, time: 60_000 } },
    });
    const [backend] = balancer.pool.backends;
    const response = await fetch(balancer.url);
    await response.body?.cancel();
    assertEquals([response.status, backend!.unreachable], [503, true]);
    {
      await using wrong = await SecureBackend.start(NAMED, { port });
      while (wrong.connections < 2) await pause(20);
      assertEquals([wrong.requests, backend!.unreachable], [[], true]);
    }
    await using _right = await SecureBackend.start(ADDRESS, { port });
    while (backend!.unreachable) await pause(20);
    assertEquals(await (await fetch(balancer.url)).text(), "secure");
  });

  test("backend TLS: large bodies pass both ways", async () => {
    const size = 3_000_000;
    const { cert, key } = ADDRESS;
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, cert, key, onListen: () => {} },
      (request) => new Response(request.body),
    );
    await using balancer = balance([`https://127.0.0.1:${server.addr.port}`], {
      backendTls: TRUSTED,
    });
    const body = new Uint8Array(size).map((_, index) => index % 251);
    const response = await fetch(balancer.url, { method: "POST", body });
    assertEquals(new Uint8Array(await response.arrayBuffer()), body);
  });
});

Deno.test("backend TLS: a server name apart from the address is asked for, and checked", async () => {
  await using backend = await SecureBackend.start(NAMED);
  const backendTls = { ...TRUSTED, serverName: "app.internal" };
  await using balancer = balance([backend.url], { engine: "tcp", backendTls });
  assertEquals(await (await fetch(balancer.url)).text(), "secure");
  assertEquals(backend.requests.map(({ serverName }) => serverName), ["app.internal"]);
});

Deno.test("backend TLS: with verify off any certificate will do", async () => {
  await using backend = await SecureBackend.start(NAMED);
  await using balancer = balance([backend.url], { engine: "tcp", backendTls: { verify: false } });
  assertEquals(await (await fetch(balancer.url)).text(), "secure");
});

Deno.test("backend TLS: on the tcp engine an authority of ours takes the place of those that Deno trusts", async () => {
  await using backend = await SecureBackend.start(ADDRESS);
  const backendTls = { ca: OTHER_AUTHORITY.cert, verify: true };
  await using balancer = balance([backend.url], { engine: "tcp", backendTls });
  const response = await fetch(balancer.url);
  await response.body?.cancel();
  assertEquals(response.status, 503);
});

Deno.test("backend TLS: each piece of a streamed response leaves at once", async () => {
  const { cert, key } = ADDRESS;
  const pieces = Array.from({ length: 5 }, () => Promise.withResolvers<void>());
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, cert, key, onListen: () => {} },
    () =>
      new Response(ReadableStream.from((async function* () {
        for (const [number, { promise }] of pieces.entries()) {
          yield new TextEncoder().encode(`data: ${number}\n\n`);
          await promise;
        }
      })())),
  );
  await using balancer = balance([`https://127.0.0.1:${server.addr.port}`], {
    engine: "tcp",
    backendTls: TRUSTED,
  });
  const response = await fetch(balancer.url);
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  for (const [number, { resolve }] of pieces.entries()) { // the next one is sent only then
    assertEquals((await reader.read()).value, `data: ${number}\n\n`);
    resolve();
  }
  assertEquals((await reader.read()).done, true);
});

Deno.test("backend TLS: an upgraded connection passes bytes both ways", async () => {
  const { cert, key } = ADDRESS;
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, cert, key, onListen: () => {} },
    (request) => {
      const { socket, response } = Deno.upgradeWebSocket(request);
      socket.onmessage = ({ data }) => socket.send(`echo ${data}`);
      return response;
    },
  );
  await using balancer = balance([`https://127.0.0.1:${server.addr.port}`], {
    engine: "tcp",
    backendTls: TRUSTED,
  });
  const socket = new WebSocket(balancer.url.replace("http", "ws"));
  await new Promise((resolve) => socket.onopen = resolve);
  for (const text of ["a", "b".repeat(100_000)]) {
    const answer = new Promise<string>((resolve) => socket.onmessage = ({ data }) => resolve(data));
    socket.send(text);
    assertEquals(await answer, `echo ${text}`);
  }
  const closed = new Promise((resolve) => socket.onclose = resolve);
  socket.close();
  await closed;
});
