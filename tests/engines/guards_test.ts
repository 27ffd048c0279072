/** What guards of routes do to requests on real sockets; their rules are in tests/routing/guards_test.ts. */
import { ROUTE, routeRecords } from "../../lib/shared_memory/layout.ts";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { hashSync } from "bcryptjs";
import { ENGINE_NAMES } from "../support/each_engine.ts";
import { planeOf } from "../support/configured_plane.ts";
import { Dialogue, exchange, request } from "../support/raw_client.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";

const POOLS = (backend: ScriptedBackend) => ({ users: { backends: [backend.url] } });

/** The least that bcrypt can cost. */
const HASH = hashSync("open sesame", 4);

const basic = (user: string, password: string) =>
  `Authorization: Basic ${btoa(`${user}:${password}`)}\r\n`;

const get = (path: string, fields = "") =>
  `GET ${path} HTTP/1.1\r\nHost: a.test\r\n${fields}Connection: close\r\n\r\n`;

for (const engine of ENGINE_NAMES) {
  const test = (name: string, run: () => Promise<void>) =>
    Deno.test(`${engine} engine: guards: ${name}`, run);

  test("an address that is not allowed gets 403, with the route's page, and reaches no backend", async () => {
    await using backend = new ScriptedBackend("a");
    await using plane = await planeOf(engine, {
      pools: POOLS(backend),
      routes: [{
        name: "inside",
        match: { pathPrefix: "/in" },
        deny: ["127.0.0.0/8"],
        errorPages: { "403": "<h1>Nur für uns</h1>" },
        pool: "users",
      }, { pool: "users" }],
    });
    const [refused] = await exchange(plane.port, get("/in/x"));
    assertEquals([refused!.status, refused!.field("content-type")], [
      403,
      "text/html; charset=utf-8",
    ]);
    assertEquals(new TextDecoder().decode(refused!.body), "<h1>Nur für uns</h1>");
    assertMatch(refused!.field("proxy-status")!, /^roundabout; error=http_request_denied/);
    const [passed] = await exchange(plane.port, get("/out"));
    assertEquals([passed!.status, backend.requests.length], [200, 1]);
  });

  test("behind a trusted proxy it is the client's address that counts", async () => {
    await using backend = new ScriptedBackend("a");
    await using plane = await planeOf(engine, {
      trustedProxies: ["127.0.0.1"],
      pools: POOLS(backend),
      routes: [{ allow: ["10.0.0.0/8"], pool: "users" }],
    });
    const as = (client: string) => exchange(plane.port, get("/", `X-Forwarded-For: ${client}\r\n`));
    assertEquals((await as("10.1.2.3"))[0]!.status, 200);
    assertEquals((await as("192.0.2.1"))[0]!.status, 403);
    assertEquals((await as("10.1.2.3, 192.0.2.1"))[0]!.status, 403); // the first one may be made up
  });

  test("above a rate requests get 429 and when to come again, also on redirects", async () => {
    await using backend = new ScriptedBackend("a");
    await using plane = await planeOf(engine, {
      pools: POOLS(backend),
      routes: [{
        name: "old",
        rateLimit: { rate: "1/h", burst: 2 },
        redirect: { host: "new.test" },
      }],
    });
    const answers = [];
    for (let i = 0; i < 3; i++) answers.push((await exchange(plane.port, get("/")))[0]!);
    assertEquals(answers.map(({ status }) => status), [302, 302, 429]);
    const seconds = Number(answers[2]!.field("retry-after"));
    assert(seconds > 3590 && seconds <= 3600, `${seconds} s`);
  });

  test("a password is asked for; its user is known to the backend, and the password is not", async () => {
    await using backend = new ScriptedBackend("a");
    await using plane = await planeOf(engine, {
      pools: POOLS(backend),
      routes: [{
        name: "staff",
        basicAuth: { realm: "staff", users: { ops: HASH } },
        requestHeaders: { set: { "X-User": "{user}" } },
        pool: "users",
      }],
    });
    const [asked] = await exchange(plane.port, get("/"));
    assertEquals(asked!.status, 401);
    assertEquals(asked!.field("www-authenticate"), 'Basic realm="staff", charset="UTF-8"');
    const slowly = { closeAfterMs: 20_000 }; // the thread that checks it has to start
    const wrong = await exchange(plane.port, get("/", basic("ops", "open")), slowly);
    assertEquals(wrong[0]!.status, 401);
    const right = await exchange(
      plane.port,
      get("/", basic("ops", "open sesame") + "X-User: root\r\n"),
    );
    assertEquals([right[0]!.status, backend.requests.length], [200, 1]);
    const { fields } = backend.requests[0]!;
    const values = (name: string) =>
      fields.filter(([found]) => found.toLowerCase() === name).map(([, value]) => value);
    assertEquals([values("x-user"), values("authorization")], [["ops"], []]);
  });

  test("a body that is announced as too large gets 413 before the backend is asked", async () => {
    await using backend = new ScriptedBackend("a");
    await using plane = await planeOf(engine, {
      limits: { bodySize: "2KiB" },
      pools: POOLS(backend),
      routes: [
        { name: "small", match: { path: "/small" }, limits: { bodySize: "1KiB" }, pool: "users" },
        { pool: "users" },
      ],
    });
    const post = (path: string, size: number, sent = size) =>
      request(
        plane.port,
        `POST ${path} HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${size}\r\n\r\n${
          "x".repeat(sent)
        }`,
      );
    assertEquals((await post("/small", 1024)).status, 200);
    assertEquals((await post("/small", 1025, 0)).status, 413);
    assertEquals((await post("/large", 2048)).status, 200);
    assertEquals((await post("/large", 2049, 0)).status, 413);
    assertEquals(backend.requests.length, 2);
  });

  test("a chunked body that grows too large gets 413, and no backend takes it for whole", async () => {
    await using backend = new ScriptedBackend("a");
    await using plane = await planeOf(engine, {
      pools: POOLS(backend),
      routes: [{ limits: { bodySize: "1KiB" }, pool: "users" }],
    });
    using client = await Dialogue.open(plane.port);
    await client.send("POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n");
    await client.send(`200\r\n${"x".repeat(0x200)}\r\n`);
    await backend.until(() => backend.bytesReceived > 0x200); // some of it was forwarded
    await client.send(`201\r\n${"x".repeat(0x201)}\r\n`);
    const text = await client.until("too large");
    assertMatch(text, /^HTTP\/1\.1 413 /);
    assertEquals(backend.requests.length, 0);
  });

  test("above its limit of requests in flight a route answers 503, and goes on when one is over", async () => {
    await using backend = new ScriptedBackend("a", "stall");
    await using plane = await planeOf(engine, {
      pools: POOLS(backend),
      routes: [
        { name: "few", match: { path: "/few" }, limits: { inFlight: 2 }, pool: "users" },
        { pool: "users" },
      ],
    });
    const { inFlight } = routeRecords(2, plane.state.routes.get("few")).record(ROUTE);
    const waiting = await Promise.all([1, 2].map(() => Dialogue.open(plane.port)));
    for (const client of waiting) await client.send("GET /few HTTP/1.1\r\nHost: a.test\r\n\r\n");
    await backend.until(() => backend.requests.length === 2);
    assertEquals(inFlight.value, 2);
    const [refused] = await exchange(plane.port, get("/few"));
    assertEquals([refused!.status, refused!.field("retry-after")], [503, "1"]);
    backend.behaviour = "serve";
    assertEquals((await exchange(plane.port, get("/other")))[0]!.status, 200);
    for (const client of waiting) client[Symbol.dispose]();
    while (inFlight.value > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    assertEquals((await exchange(plane.port, get("/few")))[0]!.status, 200);
    while (inFlight.value > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  });

  test("a backup answers only while the others cannot", async () => {
    await using backup = new ScriptedBackend("backup");
    const first = new ScriptedBackend("first");
    await using plane = await planeOf(engine, {
      pools: { users: { backends: [first.url, { url: backup.url, backup: true }] } },
    });
    const ask = async () =>
      new TextDecoder().decode((await exchange(plane.port, get("/")))[0]!.body);
    assertEquals([await ask(), await ask()], ["first", "first"]);
    await first[Symbol.asyncDispose]();
    assertEquals([await ask(), await ask()], ["backup", "backup"]);
  });

  test("a status that is retried is asked of the next backend, with the whole body, and of one only for a POST", async () => {
    const busy = { reply: "HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy" };
    await using a = new ScriptedBackend("a", busy);
    await using b = new ScriptedBackend("b");
    await using plane = await planeOf(engine, {
      pools: { users: { backends: [a.url, b.url], retry: { onStatus: "502-504" } } },
    });
    const ask = async (method: string, body: string) => {
      const [response] = await exchange(
        plane.port,
        `${method} / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
      return [response!.status, new TextDecoder().decode(response!.body)];
    };
    assertEquals(await ask("PUT", "hello"), [200, "b"]);
    assertEquals(b.requests.map(({ body }) => new TextDecoder().decode(body)), ["hello"]);
    assertEquals(await ask("PUT", "again"), [200, "b"]); // b's turn
    assertEquals(await ask("POST", "once"), [503, "busy"]);
    b.behaviour = busy;
    assertEquals(await ask("PUT", "all"), [503, "busy"]);
  });
}
