/** Routes that split requests between pools. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { type ConfigurationFile, forEachConfiguredEngine } from "../support/configured.ts";
import { Dialogue, type RawResponse, request } from "../support/raw_client.ts";
import { deadPort } from "../support/dead_port.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";
import { latin1 } from "../support/strict_parser.ts";

/** Random numbers that are the same in each run. */
function seeded(): () => number {
  const generator = xoroshiro128plus(20261127);
  return () => uniformFloat64(generator);
}

const get = (cookie?: string, ...lines: string[]) =>
  [
    "GET / HTTP/1.1",
    "Host: a.test",
    ...(cookie === undefined ? [] : [`Cookie: ${cookie}`]),
    ...lines,
  ]
    .join("\r\n") + "\r\n\r\n";

const cookiesOf = ({ fields }: RawResponse) =>
  fields.filter(([name]) => name === "set-cookie").map(([, value]) => value);

const splitting = (
  split: Readonly<Record<string, number>>,
  urls: Readonly<Record<string, string>>,
  others = {},
): ConfigurationFile => ({
  pools: Object.fromEntries(
    Object.entries(urls).map(([name, url]) => [name, { backends: [url] }]),
  ),
  trustedProxies: ["127.0.0.1"],
  routes: [{ split, ...others }],
});

forEachConfiguredEngine(({ start, test }) => {
  test("splits: without a cookie each request is drawn by weight", async () => {
    await using old = new ScriptedBackend("old");
    await using next = new ScriptedBackend("next");
    await using off = new ScriptedBackend("off");
    const urls = { old: old.url, next: next.url, off: off.url };
    const file = splitting({ old: 80, next: 20, off: 0 }, urls);
    await using balancer = await start(file, { random: seeded() });
    using client = await Dialogue.open(balancer.port);
    const count = 1000;
    for (let i = 0; i < count; i++) {
      await client.send(get());
      assertEquals(cookiesOf(await client.response()), []);
    }
    assertEquals([old.requests.length + next.requests.length, off.requests.length], [count, 0]);
    // Four standard deviations of a binomial distribution.
    const slack = 4 * Math.sqrt(count * 0.2 * 0.8);
    assert(Math.abs(next.requests.length - 0.2 * count) < slack, `${next.requests.length}`);
  });

  test("splits: with splitOn a client gets a cookie once, and stays on its side", async () => {
    await using old = new ScriptedBackend("old");
    await using next = new ScriptedBackend("next");
    const urls = { old: old.url, next: next.url };
    const file = splitting({ old: 50, next: 50 }, urls, { splitOn: "cookie:side" });
    await using balancer = await start(file, { random: seeded() });
    const sides = new Set<string>();
    for (let client = 0; client < 20; client++) {
      const first = await request(balancer.port, get());
      const [cookie = ""] = cookiesOf(first);
      assertMatch(cookie, /^side=\d{1,4}; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Lax$/);
      const side = latin1(first.body);
      sides.add(side);
      const [pair] = cookie.split(";");
      for (let i = 0; i < 3; i++) {
        const again = await request(balancer.port, get(`a=b; ${pair}; c=d`));
        assertEquals([latin1(again.body), cookiesOf(again)], [side, []]);
      }
    }
    assertEquals(sides, new Set(["old", "next"]));
  });

  test("splits: from 95 to 90 move 5 % of the places, and no others", async () => {
    await using old = new ScriptedBackend("old");
    await using next = new ScriptedBackend("next");
    const urls = { old: old.url, next: next.url };
    const sidesAt = async (split: Readonly<Record<string, number>>) => {
      await using balancer = await start(splitting(split, urls, { splitOn: "cookie:side" }));
      using client = await Dialogue.open(balancer.port);
      const sides: string[] = [];
      for (let place = 0; place < 10_000; place += 50) {
        await client.send(get(`side=${place}`));
        sides.push(latin1((await client.response()).body));
      }
      return sides;
    };
    const before = await sidesAt({ old: 95, next: 5 });
    const after = await sidesAt({ old: 90, next: 10 });
    const moved = before.flatMap((side, index) => side === after[index] ? [] : [index * 50]);
    assertEquals(moved, Array.from({ length: 10 }, (_, index) => 9_000 + index * 50));
    assertEquals(before.filter((side) => side === "next").length, 10);
  });

  test("splits: a cookie that is no place is replaced, and one place of two is taken", async () => {
    await using old = new ScriptedBackend("old");
    await using next = new ScriptedBackend("next");
    const urls = { old: old.url, next: next.url };
    const file = splitting({ old: 50, next: 50 }, urls, { splitOn: "cookie:side" });
    await using balancer = await start(file, { random: () => 0 });
    for (const cookie of ["side=next", "side=-1", "side=10000", "side=", "side", "xside=9000"]) {
      const response = await request(balancer.port, get(cookie));
      assertEquals([latin1(response.body), cookiesOf(response).length], ["old", 1], cookie);
    }
    const twice = await request(balancer.port, get("side=x; side=9999; side=0"));
    assertEquals([latin1(twice.body), cookiesOf(twice).length], ["next", 0]);
  });

  test("splits: the cookie is Secure for a client that uses TLS to a trusted proxy", async () => {
    await using old = new ScriptedBackend("old");
    const file = splitting({ old: 1 }, { old: old.url }, { splitOn: "cookie:side" });
    await using balancer = await start(file);
    const response = await request(balancer.port, get(undefined, "X-Forwarded-Proto: https"));
    assertMatch(cookiesOf(response)[0]!, /; Secure$/);
  });

  test("splits: a side whose backends are dead answers 503, and the other side is not asked", async () => {
    await using old = new ScriptedBackend("old");
    const urls = { old: old.url, next: `http://127.0.0.1:${deadPort()}` };
    const file = splitting({ old: 50, next: 50 }, urls, {
      splitOn: "cookie:side",
      errorPages: { 503: "moved on\n" },
    });
    await using balancer = await start(file);
    for (let i = 0; i < 3; i++) {
      const response = await request(balancer.port, get("side=9000"));
      assertEquals([response.status, latin1(response.body)], [503, "moved on\n"]);
    }
    assertEquals(old.requests, []);
    assertEquals((await request(balancer.port, get("side=1"))).status, 200);
    assert(balancer.changes.every((change) => change.startsWith("next: ")), `${balancer.changes}`);
  });

  test("splits: the sticky cookie of a pool and the cookie of the split are there together", async () => {
    await using a = new ScriptedBackend("a");
    await using b = new ScriptedBackend("b");
    await using next = new ScriptedBackend("next");
    await using balancer = await start({
      pools: {
        old: { backends: [a.url, b.url], sticky: { cookie: "backend" } },
        next: { backends: [next.url] },
      },
      routes: [{ split: { old: 90, next: 10 }, splitOn: "cookie:side" }],
    }, { random: () => 0.5 });
    const first = await request(balancer.port, get());
    const pairs = cookiesOf(first).map((cookie) => cookie.split(";")[0]!).sort();
    assertEquals(pairs.map((pair) => pair.split("=")[0]), ["backend", "side"]);
    for (let i = 0; i < 4; i++) {
      const again = await request(balancer.port, get(pairs.join("; ")));
      assertEquals([latin1(again.body), cookiesOf(again)], [latin1(first.body), []]);
    }
  });
});
