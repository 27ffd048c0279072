/** What authorities of ACME are answered, before any route and any redirect. */
import { assertEquals } from "@std/assert";
import { forEachConfiguredEngine } from "../support/configured.ts";
import { Dialogue, request } from "../support/raw_client.ts";
import { latin1 } from "../support/strict_parser.ts";

const TOKEN = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ";
const FOLDER = "/.well-known/acme-challenge/";

const FILE = {
  listeners: { http: { port: 8080 } },
  pools: { nowhere: { backends: ["http://127.0.0.1:81"] } },
  routes: [
    {
      match: { pathPrefix: "/.well-known/acme-challenge" },
      respond: { status: 200, body: "a backend's" },
    },
    { respond: { status: 200, body: "routed" } },
  ],
};
const HTTPS = new Map([["http", 443]]);

const ask = (target: string, method = "GET") =>
  `${method} ${target} HTTP/1.1\r\nHost: a.test\r\n\r\n`;

/** One token that is pending, and what was asked for. */
function pending() {
  const asked: string[] = [];
  const challenges = (token: string) => {
    asked.push(token);
    return Promise.resolve(token === TOKEN ? `${TOKEN}.print` : undefined);
  };
  return { asked, challenges };
}

forEachConfiguredEngine(({ start, test }) => {
  test("challenges: a pending token is answered before routes and redirects, and the log says so", async () => {
    for (const httpsPorts of [undefined, HTTPS]) {
      const { challenges } = pending();
      await using balancer = await start(FILE, {
        challenges,
        ...(httpsPorts !== undefined && { httpsPorts }),
      });
      const response = await request(balancer.port, ask(FOLDER + TOKEN));
      assertEquals([response.status, latin1(response.body)], [200, `${TOKEN}.print`]);
      assertEquals(response.field("content-type"), "application/octet-stream");
      const [{ status, refused, route }] = balancer.entries as [typeof balancer.entries[0]];
      assertEquals([status, refused, route], [200, "it asks for a token of ACME", undefined]);
    }
  });

  test("challenges: HEAD gets the length, and the connection goes on", async () => {
    const { challenges } = pending();
    await using balancer = await start(FILE, { challenges });
    using client = await Dialogue.open(balancer.port);
    await client.send(ask(FOLDER + TOKEN, "HEAD"));
    const head = await client.response({ toHead: true });
    assertEquals([head.status, head.field("content-length")], [200, String(TOKEN.length + 6)]);
    await client.send(ask("/"));
    assertEquals(latin1((await client.response()).body), "routed");
  });

  test("challenges: a token that nobody waits for goes on like other requests, redirects let it pass, and only GET and HEAD ask", async () => {
    const { challenges, asked } = pending();
    await using balancer = await start(FILE, { challenges, httpsPorts: HTTPS });
    const answer = async (target: string, method?: string) => {
      const response = await request(balancer.port, ask(target, method));
      return response.status === 308 ? 308 : latin1(response.body);
    };
    assertEquals(await answer(`${FOLDER}another-token-of-a-backend`), "a backend's");
    assertEquals(await answer(FOLDER + TOKEN, "POST"), "a backend's");
    for (const target of [FOLDER, `${FOLDER}a/b`, `${FOLDER}a%2e`, `/x${FOLDER}${TOKEN}`]) {
      assertEquals(await answer(target), 308, target);
    }
    assertEquals(asked, ["another-token-of-a-backend"]);
  });
});
