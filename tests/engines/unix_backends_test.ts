/** Backends on unix sockets, for each engine. */
import { assert, assertEquals } from "@std/assert";
import { startProbes } from "../../lib/health/prober.ts";
import { formatFailure } from "../../lib/outcome.ts";
import { forEachEngine } from "../support/each_engine.ts";
import { request } from "../support/raw_client.ts";

/** A folder for sockets, removed at the end. */
class Folder implements Disposable {
  readonly path = Deno.makeTempDirSync();
  socket(name: string): string {
    return `${this.path}/${name}`;
  }
  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}

/** Says who it is, and what it got. */
function serve(path: string, name = "a") {
  return Deno.serve({ path, onListen() {} }, async (request) => {
    const { pathname, search } = new URL(request.url);
    const host = request.headers.get("host");
    const body = await request.text();
    return new Response(`${name} ${request.method} ${host} ${pathname}${search} ${body}`);
  });
}

const textOf = ({ body }: { body: Uint8Array }) => new TextDecoder().decode(body);
const get = (host = "example.com") => `GET /a/b?c=d HTTP/1.1\r\nHost: ${host}\r\n\r\n`;

forEachEngine(({ engine, balance, test }) => {
  test("a backend on a unix socket gets the client's own Host, path and body", async () => {
    using folder = new Folder();
    const path = folder.socket("a.sock");
    await using _backend = serve(path);
    await using balancer = balance([`unix:${path}`]);
    assertEquals(textOf(await request(balancer.port, get())), "a GET example.com /a/b?c=d ");
    const post = "POST /x HTTP/1.1\r\nHost: example.com:81\r\nContent-Length: 5\r\n\r\nhello";
    assertEquals(textOf(await request(balancer.port, post)), "a POST example.com:81 /x hello");
    assertEquals(balancer.entries.map(({ attempts }) => attempts[0]!.backend.id), [
      `unix:${path}`,
      `unix:${path}`,
    ]);
  });

  test("sockets and hosts take turns in one pool, and each request reaches the one that was picked", async () => {
    using folder = new Folder();
    const [one, other] = [folder.socket("1.sock"), folder.socket("2.sock")];
    await using _one = serve(one, "one");
    await using _other = serve(other, "other");
    await using host = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      () => new Response("host"),
    );
    const urls = [`unix:${one}`, `http://127.0.0.1:${host.addr.port}`, `unix:${other}`];
    await using balancer = balance(urls);
    const answers = [];
    for (let count = 0; count < 6; count++) {
      answers.push(textOf(await request(balancer.port, get())).split(" ")[0]);
    }
    assertEquals(answers, ["one", "host", "other", "one", "host", "other"]);
  });

  for (
    const [what, make, reason] of [
      ["is missing", () => undefined, "connection_refused: there is no such socket"],
      ["was left over", (path: string) => {
        const left = Deno.listen({ transport: "unix", path: `${path}.x` });
        Deno.renameSync(`${path}.x`, path);
        left.close();
      }, "connection_refused"],
      ["is another file", (path: string) => Deno.writeTextFileSync(path, ""), "connection_refused"],
    ] as const
  ) {
    test(`a socket that ${what} cannot be connected to, and another backend answers`, async () => {
      using folder = new Folder();
      const [dead, path] = [folder.socket("dead.sock"), folder.socket("a.sock")];
      make(dead);
      await using _backend = serve(path);
      await using balancer = balance([`unix:${dead}`, `unix:${path}`]);
      const post = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n";
      assertEquals((await request(balancer.port, post)).status, 200);
      const { attempts } = balancer.entries[0]!;
      assert(attempts.length === 2, JSON.stringify(attempts));
      const { outcome } = attempts[0]!;
      assertEquals(outcome.kind === "failed" && formatFailure(outcome), reason);
    });
  }

  test("a socket that is back is found by connect checks", async () => {
    using folder = new Folder();
    const path = folder.socket("a.sock");
    await using balancer = balance([`unix:${path}`]);
    assertEquals((await request(balancer.port, get())).status, 503);
    await using _backend = serve(path);
    let status = 503;
    const until = performance.now() + 5_000;
    while (status !== 200 && performance.now() < until) {
      ({ status } = await request(balancer.port, get()));
    }
    assertEquals(status, 200);
  });

  if (engine === "tcp") {
    test("a backend may have an abstract socket", async () => {
      const name = `roundabout-test-${crypto.randomUUID()}`;
      await using _backend = serve(`\0${name}`);
      await using balancer = balance([`unix:@${name}`]);
      assertEquals(textOf(await request(balancer.port, get())), "a GET example.com /a/b?c=d ");
    });
  }
});

for (
  const [what, status, good, reason] of [
    ["200", 200, true, "answered 200"],
    ["500", 500, false, "answered 500"],
  ] as const
) {
  Deno.test(`probes: a backend on a unix socket that answers ${what} is ${good ? "good" : "bad"}`, async () => {
    using folder = new Folder();
    const path = folder.socket("a.sock");
    const seen: string[] = [];
    await using _backend = Deno.serve({ path, onListen() {} }, (request) => {
      seen.push(`${request.headers.get("host")} ${new URL(request.url).pathname}`);
      return new Response("", { status });
    });
    const result = Promise.withResolvers<[boolean, string]>();
    await using _probes = startProbes({
      backends: [{ uid: 1, url: `unix:${path}` }],
      path: "/healthz",
      good: [[200, 399]],
      interval: 50,
      timeout: 1_000,
      random: () => 0,
      onProbe: (_, good, reason) => result.resolve([good, reason]),
    });
    assertEquals(await result.promise, [good, reason]);
    assertEquals(seen[0], "localhost /healthz");
  });
}
