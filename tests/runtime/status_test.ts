/** What the admin port of the program tells of requests, attempts and backends, with several workers. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Status } from "../../lib/admin/status.ts";
import { Program } from "../support/program.ts";
import { exchange } from "../support/raw_client.ts";
import { deadPort } from "../support/dead_port.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n`;

for (const engine of ["web", "tcp"] as const) {
  Deno.test(`status: ${engine} engine: requests are counted by route, pool and status, attempts and failures by backend, over all workers`, async () => {
    await using a = new ScriptedBackend("a", ({ target }) => {
      if (target === "/missing") return { reply: "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n" };
      return target === "/broken" ? "close" : "serve";
    });
    const [port, adminPort, gone] = [deadPort(), deadPort(), deadPort()];
    const folder = await Deno.makeTempDir();
    const path = `${folder}/balancer.json`;
    await Deno.writeTextFile(
      path,
      JSON.stringify({
        engine,
        workers: 2,
        admin: { port: adminPort },
        listeners: { http: { host: "127.0.0.1", port } },
        pools: {
          users: { backends: [a.url], retry: { attempts: 1 } },
          gone: { backends: [`http://127.0.0.1:${gone}`] },
        },
        routes: [
          { name: "users", match: { pathPrefix: "/" }, pool: "users" },
          { name: "gone", match: { pathPrefix: "/gone" }, pool: "gone" },
          { name: "old", match: { path: "/old" }, redirect: { path: "/new" } },
        ],
      }),
    );
    await using program = new Program(["start", "--config", path], { env: { CONFIG: path } });
    await program.shows(/listening on/);
    const statuses: number[] = [];
    for (const target of ["/", "/1", "/2", "/missing", "/broken", "/gone", "/old"]) {
      const [response] = await exchange(port, get(target));
      statuses.push(response!.status);
    }
    assertEquals(statuses, [200, 200, 200, 404, 502, 503, 302]);
    const origin = `http://127.0.0.1:${adminPort}`;
    const read = async () => await (await fetch(`${origin}/api/status`)).json() as Status;
    let status = await read();
    // A request is counted when its response is out, which its client may see a moment earlier.
    while (status.routes[0]!.requests.length < 3 || status.inFlight > 0) status = await read();
    const counts = Object.fromEntries(
      status.routes.map(({ id, requests }) => [
        id,
        requests.map(({ pool, status, count }) => `${pool ?? ""} ${status} ${count}`),
      ]),
    );
    assertEquals(counts["gone"], ["gone 5xx 1"]);
    assertEquals(counts["old"], [" 3xx 1"]);
    assertEquals(counts["users"]!.slice(0, 1), ["users 2xx 3"]);
    assert(counts["users"]!.includes("users 5xx 1"));
    const [users] = status.pools;
    const [backend] = users!.backends;
    assertEquals([backend!.id, backend!.attempts >= 5, backend!.failures], [a.url, true, 1]);
    assertEquals(status.workers, [{ number: 1, serving: true }, { number: 2, serving: true }]);
    assertEquals(status.configuration.number, 1);
    const replies = new Map(status.localReplies.map(({ status, count }) => [status, count]));
    assertEquals([replies.get(302), replies.get(502), replies.get(503)], [1, 1, 1]);
    const metrics = await (await fetch(`${origin}/metrics`)).text();
    assertMatch(
      metrics,
      /^roundabout_requests_total\{pool="users",route="users",code="2xx"\} 3$/m,
    );
    assertMatch(metrics, /^roundabout_local_replies_total\{status="502"\} 1$/m);
    program.kill("SIGTERM");
    assertEquals(await program.status(), 0);
    await Deno.remove(folder, { recursive: true });
  });
}
