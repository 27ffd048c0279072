/** What an operator asks for in the access log beside the rest: `log.fields`. */
import { assertEquals, assertMatch } from "@std/assert";
import { hashSync } from "bcryptjs";
import { LOG_FIELDS } from "../../lib/config/values/log_fields.ts";
import { type Configured, forEachConfiguredEngine } from "../support/configured.ts";
import { planeOf } from "../support/configured_plane.ts";
import { request } from "../support/raw_client.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";
import { pause } from "../support/timing.ts";

const CLIENT = "User-Agent: curl/8 (x)\r\nReferer: http://b.test/?q\r\n";
const SAID = { host: "A.test:81", listener: "http", user_agent: "curl/8 (x)" };
const REFERER = "http://b.test/?q";
/** The least that bcrypt can cost. */
const HASH = hashSync("open sesame", 4);

async function fieldsOf({ entries }: Configured, status: number) {
  while (entries.length === 0) await pause(2);
  const [{ status: logged, fields }] = entries.splice(0) as [Configured["entries"][0]];
  assertEquals(logged, status);
  return fields;
}

forEachConfiguredEngine(({ engine, start, test }) => {
  test("log fields: requests that are forwarded, answered by a route and refused have them", async () => {
    await using backend = new ScriptedBackend("a");
    await using balancer = await start({
      log: { fields: [...LOG_FIELDS] },
      pools: { users: { backends: [backend.url] } },
      routes: [
        {
          name: "inside",
          match: { pathPrefix: "/in" },
          basicAuth: { realm: "staff", users: { ops: HASH } },
          requestHeaders: { set: { "User-Agent": "edge" } },
          limits: { bodySize: "1KiB" },
          pool: "users",
        },
        {
          name: "closed",
          match: { pathPrefix: "/closed" },
          basicAuth: { realm: "staff", users: { ops: HASH } },
          respond: { status: 503 },
        },
        { pool: "users" },
      ],
    });
    const ask = (method: string, path: string, fields = "") =>
      request(
        balancer.port,
        `${method} ${path} HTTP/1.1\r\nHost: A.test:81\r\n${CLIENT}${fields}\r\n`,
      );
    const password = `Authorization: Basic ${btoa("ops:open sesame")}\r\n`;

    await ask("GET", "/");
    assertEquals(await fieldsOf(balancer, 200), { ...SAID, referer: REFERER });
    await ask("GET", "/in", password);
    const ofOps = { ...SAID, user: "ops", referer: REFERER };
    assertEquals(await fieldsOf(balancer, 200), ofOps, "what the client said, not the route");
    await ask("GET", "/in");
    assertEquals(await fieldsOf(balancer, 401), { ...SAID, referer: REFERER });
    await ask("POST", "/in", `${password}Content-Length: 2000\r\n`);
    assertEquals(await fieldsOf(balancer, 413), ofOps);
    await ask("GET", "/closed", password);
    assertEquals(await fieldsOf(balancer, 503), ofOps);
    await ask("TRACE", "/");
    assertEquals(await fieldsOf(balancer, 405), { ...SAID, referer: REFERER });
  });

  test("log fields: the host of a request that comes back is the one that it is for", async () => {
    await using balancer = await start({
      instance: "edge",
      log: { fields: ["host"] },
      pools: { users: { backends: ["http://127.0.0.1:5011"] } },
    });
    const target = "GET http://b.test/ HTTP/1.1\r\nHost: a.test\r\nVia: 1.1 edge\r\n\r\n";
    await request(balancer.port, target);
    assertEquals(await fieldsOf(balancer, 508), { host: "b.test" });
  });

  test("log fields: they stand in the lines of a worker", async () => {
    await using backend = new ScriptedBackend("a");
    const plane = await planeOf(engine, {
      log: { fields: ["user_agent"] },
      pools: { users: { backends: [backend.url] } },
    });
    await request(plane.port, `GET / HTTP/1.1\r\nHost: a.test\r\n${CLIENT}\r\n`);
    await plane[Symbol.asyncDispose]();
    assertMatch(plane.lines().join("\n"), / user_agent=curl\/8_\(x\)$/m);
  });

  test("log fields: what a request does not have is left out", async () => {
    await using backend = new ScriptedBackend("a");
    await using balancer = await start({
      log: { fields: ["referer", "user_agent", "user"] },
      pools: { users: { backends: [backend.url] } },
    });
    await request(balancer.port, "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
    assertEquals(await fieldsOf(balancer, 200), {});
  });

  test("log fields: without the setting there are none", async () => {
    await using backend = new ScriptedBackend("a");
    await using balancer = await start({ pools: { users: { backends: [backend.url] } } });
    await request(balancer.port, "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
    assertEquals(await fieldsOf(balancer, 200), undefined);
  });
});
