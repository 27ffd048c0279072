import { assertEquals, assertStringIncludes } from "@std/assert";
import { sampleBackend, sampleStatus, startTestAdmin } from "../support/admin_port.ts";
import { Dialogue } from "../support/raw_client.ts";

const ID = "http://users-1:5000";
const BACKEND = `/api/pools/users/backends/${encodeURIComponent(ID)}`;

Deno.test("admin api: GET /api/status has the whole status as JSON", async () => {
  using api = startTestAdmin();
  const { status, headers, body } = await api.call("GET", "/api/status?pretty");
  assertEquals([status, headers.get("content-type")], [200, "application/json"]);
  assertEquals(body, sampleStatus());
});

Deno.test("admin api: HEAD /api/status has its length and no body", async () => {
  using api = startTestAdmin();
  const response = await fetch(`${api.url}/api/status`, { method: "HEAD" });
  assertEquals([response.status, await response.text()], [200, ""]);
  const length = JSON.stringify(sampleStatus()).length + 1;
  assertEquals(response.headers.get("content-length"), String(length));
});

for (
  const [name, written] of [
    ["the id", encodeURIComponent(ID)],
    ["the id with plain colons", "http:%2F%2Fusers-1:5000"],
    ["the id without http://", "users-1%3A5000"],
    ["a host and a port as they are", "users-1:5000"],
    ["a slash at its end", encodeURIComponent(`${ID}/`)],
  ] as const
) {
  Deno.test(`admin api: a backend is found by ${name}`, async () => {
    using api = startTestAdmin();
    const path = `/api/pools/users/backends/${written}`;
    const read = await api.call("GET", path);
    assertEquals([read.status, read.body.pool, read.body.id], [200, "users", ID]);
    const { status, body } = await api.call("POST", `${path}/drain`);
    assertEquals([status, body], [200, {
      pool: "users",
      backend: ID,
      inFlight: 3,
      draining: true,
      weight: 1,
    }]);
    assertEquals(api.control.asked, [`drain users ${ID}`]);
  });
}

Deno.test("admin api: GET of a backend has its status, and the pool", async () => {
  using api = startTestAdmin();
  const { body } = await api.call("GET", BACKEND);
  assertEquals(body, { pool: "users", ...sampleStatus().pools[0]!.backends[0] });
});

Deno.test("admin api: an id that is exactly so wins over one that differs by http://", async () => {
  using api = startTestAdmin();
  const backends = [sampleBackend("http://a:80/"), sampleBackend("http://a:80")];
  const [users] = sampleStatus().pools;
  api.control.current = sampleStatus({ pools: [{ ...users!, backends }] });
  const path = `/api/pools/users/backends/${encodeURIComponent("http://a:80")}`;
  assertEquals((await api.call("GET", path)).body.id, "http://a:80");
  assertEquals((await api.call("POST", `${path}/ready`)).body.backend, "http://a:80");
});

Deno.test("admin api: ready takes a drain back", async () => {
  using api = startTestAdmin();
  await api.call("POST", `${BACKEND}/drain`);
  const { status, body } = await api.call("POST", `${BACKEND}/ready`, { body: "{}" });
  assertEquals([status, body.draining], [200, false]);
});

for (const weight of [0, 1, 100]) {
  Deno.test(`admin api: a weight of ${weight} is set`, async () => {
    using api = startTestAdmin();
    const init = { body: JSON.stringify({ weight }) };
    const { status, body } = await api.call("POST", `${BACKEND}/weight`, init);
    assertEquals([status, body.weight], [200, weight]);
    assertEquals(api.control.asked, [`weight ${weight} users ${ID}`]);
  });
}

for (
  const [action, body, problem] of [
    ["weight", undefined, "current value is none"],
    ["weight", "{}", "current value is {}"],
    ["weight", "5", "current value is 5"],
    ["weight", "null", "current value is null"],
    ["weight", "[5]", "current value is [5]"],
    ["weight", '{"weight":"5"}', 'current value is {"weight":"5"}'],
    ["weight", '{"weight":101}', "must be"],
    ["weight", '{"weight":-1}', "must be"],
    ["weight", '{"weight":1.5}', "must be"],
    ["weight", '{"weight":1e999}', "must be"],
    ["weight", '{"weight":5,"force":true}', "must be"],
    ["weight", "weight=5", "the body must be JSON"],
    ["weight", '{"weight":5', "the body must be JSON"],
    ["drain", '{"wait":true}', "takes no settings"],
    ["drain", "x", "the body must be JSON"],
    ["ready", "[]", "takes no settings"],
    ["ready", "\xff", "takes no settings"],
    ["/api/stop", '{"before":1}', 'current value is {"before":1}'],
    ["/api/stop", '{"before":"soon"}', "must be"],
    ["/api/stop", '{"before":"2026-11-26T13:10:09.000Z","force":true}', "must be"],
    ["/api/stop", "[]", "must be"],
    ["/api/stop", "x", "the body must be JSON"],
  ] as const
) {
  Deno.test(`admin api: ${action} with ${body} is answered 400 and changes nothing`, async () => {
    using api = startTestAdmin();
    const sent = body === "\xff" ? JSON.stringify(body) : body;
    const init = sent === undefined ? {} : { body: sent };
    const path = action === "/api/stop" ? action : `${BACKEND}/${action}`;
    const answer = await api.call("POST", path, init);
    assertEquals(answer.status, 400);
    assertStringIncludes(answer.body.error, problem);
    assertEquals([api.control.asked, api.errors], [[], []]);
  });
}

Deno.test("admin api: a body that is no UTF-8 is answered 400", async () => {
  using api = startTestAdmin();
  const init = { body: new Uint8Array([0x22, 0xff, 0x22]) };
  assertEquals((await api.call("POST", "/api/reload", init)).status, 400);
});

for (const action of ["", "/drain", "/ready", "/weight"]) {
  Deno.test(`admin api: backend${action} of a name that does not exist is answered 404 with those that do`, async () => {
    using api = startTestAdmin();
    const method = action === "" ? "GET" : "POST";
    const init = action === "/weight" ? { body: '{"weight":5}' } : {};
    const ask = (path: string) => api.call(method, path + action, init);
    const pool = await ask("/api/pools/user/backends/a");
    assertEquals([pool.status, pool.body], [404, {
      error: 'there is no pool "user", did you mean users?',
      pools: ["users", "next"],
    }]);
    const backend = await ask("/api/pools/users/backends/users-3");
    assertEquals([backend.status, backend.body], [404, {
      error: 'the pool users has no backend "users-3"',
      backends: [ID, "http://users-2:5000/base"],
    }]);
  });
}

Deno.test("admin api: a reload is answered with the number and the changes", async () => {
  using api = startTestAdmin();
  const changes = ["pool users: + http://users-4:5000"];
  api.control.onReload = () => ({ kind: "applied", number: 5, changes });
  const { status, body } = await api.call("POST", "/api/reload");
  assertEquals([status, body], [200, { number: 5, changes }]);
});

Deno.test("admin api: a reload that is refused is answered 422 with every problem", async () => {
  using api = startTestAdmin();
  const problems = ["edge.jsonc:2:3: error: engin is no setting\n  2 | engin", "another"];
  api.control.onReload = () => ({ kind: "refused", problems });
  const { status, body } = await api.call("POST", "/api/reload");
  assertEquals([status, body], [422, {
    error: "Cannot reload as the configuration has 2 problems",
    problems,
  }]);
});

Deno.test("admin api: a balancer that stops changes nothing any more, and says so with 503", async () => {
  using api = startTestAdmin();
  api.control.current = sampleStatus({ draining: true });
  api.control.onReload = () => ({ kind: "stopping" });
  for (const path of ["/api/reload", "/api/stop", `${BACKEND}/drain`]) {
    const { status, body } = await api.call("POST", path);
    assertEquals([status, body], [503, { error: "the balancer is stopping" }]);
  }
  assertEquals(api.control.asked, ["reload"]);
});

for (const body of ["", "{}", JSON.stringify({ before: "2999-01-01T00:00:00Z" })]) {
  Deno.test(`admin api: a stop with ${body.slice(0, 9)} is answered 202 before it begins, though the port is given up at once`, async () => {
    using api = startTestAdmin();
    using other = await Dialogue.open(api.port);
    api.control.onStop = api.release;
    const { status, body: answer } = await api.call("POST", "/api/stop", { body });
    assertEquals([status, answer], [202, { inFlight: 7 }]);
    using _next = Deno.listen({ hostname: "127.0.0.1", port: api.port });
    assertEquals(api.control.asked, ["stop"]);
    await other.send("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"); // it was there before
    assertEquals((await other.response()).status, 200);
  });
}

Deno.test("admin api: a stop that comes too late is answered 409, and does not begin", async () => {
  using api = startTestAdmin();
  const body = JSON.stringify({ before: new Date(Date.now() - 1) });
  const { status, body: answer } = await api.call("POST", "/api/stop", { body });
  assertEquals([status, answer], [409, { error: "it is too late: nothing stops" }]);
  assertEquals(api.control.asked, []);
});

Deno.test("admin api: a fault in a change is reported, and answered 500", async () => {
  using api = startTestAdmin();
  const error = new Error("broken");
  api.control.onReload = () => Promise.reject(error);
  const { status, body } = await api.call("POST", "/api/reload");
  assertEquals([status, body], [500, { error: "the balancer failed: see its log" }]);
  assertEquals(api.errors, [error]);
});

Deno.test("admin api: a reload may last longer than a connection, whatever else comes in", async () => {
  using api = startTestAdmin({ lifetime: 400 });
  const { promise, resolve } = Promise.withResolvers<void>();
  api.control.onReload = async () => {
    await promise;
    return { kind: "applied", number: 5, changes: [] };
  };
  const reload = api.call("POST", "/api/reload");
  const clients: Dialogue[] = [];
  for (let i = 0; i < 150; i++) clients.push(await Dialogue.open(api.port));
  await Promise.all(clients.map((client) => client.rest())); // all of them are cut off
  for (const client of clients) client[Symbol.dispose]();
  assertEquals((await api.ask("/livez"))[0], 200);
  resolve();
  assertEquals((await reload).body, { number: 5, changes: [] });
});

Deno.test("admin api: of more than ten changes at the same time the others are answered 503", async () => {
  using api = startTestAdmin();
  const { promise, resolve } = Promise.withResolvers<void>();
  let running = 0;
  const allRun = Promise.withResolvers<void>();
  api.control.onReload = async () => {
    if (++running === 10) allRun.resolve();
    if (running <= 10) await promise;
    return { kind: "applied", number: 5, changes: [] };
  };
  const reloads = Array.from({ length: 10 }, () => api.call("POST", "/api/reload"));
  await allRun.promise;
  const { status, headers } = await api.call("POST", "/api/reload");
  assertEquals([status, headers.get("retry-after")], [503, "1"]);
  resolve();
  assertEquals((await Promise.all(reloads)).map(({ status }) => status), Array(10).fill(200));
});

Deno.test("admin api: a body that waits for a 100 gets one, and one of 64 KiB is read", async () => {
  using api = startTestAdmin();
  using client = await Dialogue.open(api.port);
  const body = `{}${" ".repeat(64 * 1024 - 2)}`;
  await client.send(
    `POST /api/reload HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\nExpect: 100-continue\r\n\r\n`,
  );
  assertEquals(await client.until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  await client.send(body);
  assertEquals((await client.response()).status, 200);
});
