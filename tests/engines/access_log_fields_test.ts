/** What an operator asks for in the access log beside the rest: `log.fields`. */
import { assertEquals } from "@std/assert";
import { hashSync } from "bcryptjs";
import { LOG_FIELDS } from "../../lib/config/values/log_fields.ts";
import { type Configured, forEachConfiguredEngine } from "../support/configured.ts";
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

forEachConfiguredEngine(({ start, test }) => {
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
    await ask("GET", "/closed", password);
    assertEquals(await fieldsOf(balancer, 503), ofOps);
    await ask("TRACE", "/");
    assertEquals(await fieldsOf(balancer, 405), { ...SAID, referer: REFERER });
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
