/** Discovery by real datagrams, from a server on loopback. */
import { assert, assertEquals } from "@std/assert";
import { Discovery } from "../../lib/discovery/discovery.ts";
import { createResolver } from "../../lib/net/resolver/resolver.ts";
import { answersOf, FakeDnsServer, reply, type Script } from "../support/fake_dns_server.ts";
import { sourceOf } from "../support/discovering.ts";
import { ManualClock } from "../support/manual_clock.ts";

/** A second of the tests' clock: nothing that is on its way over loopback takes so long. */
const SECOND = 1_000;

class Scene implements AsyncDisposable {
  readonly clock = new ManualClock();
  readonly lines: string[] = [];
  readonly server: FakeDnsServer;
  readonly discovery: Discovery;
  addresses: readonly string[] = [];
  changes = 0;

  constructor(script: Script, timeoutMs = 60 * SECOND) {
    this.server = FakeDnsServer.start(script);
    const { wheel } = this.clock;
    const server = this.server.address;
    this.discovery = new Discovery({
      resolve: createResolver({ wheel, server, timeoutMs, resolvConf: "/dev/null" }),
      wheel,
      random: () => 0,
      wallClock: () => this.clock.now(),
      maxAgeMs: 5 * SECOND,
      isOwn: () => false,
      onProblem: (_, problem) => this.lines.push(problem.replace(/127\.0\.0\.1:\d+/, "SERVER")),
      onRecovery: () => this.lines.push("recovered"),
    });
  }

  use(url: string): void {
    this.discovery.add(sourceOf(url), ({ backends }) => {
      this.changes++;
      this.addresses = backends.map(({ url }) => new URL(url).hostname);
    });
  }

  /** @returns how long it took until then, on the tests' clock */
  async until(condition: () => boolean): Promise<number> {
    return await this.clock.advanceUntil(condition);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.discovery[Symbol.asyncDispose]();
    await this.server[Symbol.asyncDispose]();
  }
}

Deno.test("real DNS: new addresses are used within 6 s, and removed ones have left in that time", async () => {
  await using scene = new Scene(answersOf({ "A users": ["10.0.0.1", "10.0.0.2"] }));
  scene.use("dns+http://users:5000");
  await scene.until(() => scene.addresses.length === 2);
  scene.server.script = answersOf({ "A users": ["10.0.0.2", "10.0.0.3"] });
  const usedMs = await scene.until(() => scene.addresses.includes("10.0.0.3"));
  const leftMs = usedMs + await scene.until(() => !scene.addresses.includes("10.0.0.1"));
  assertEquals(scene.addresses, ["10.0.0.2", "10.0.0.3"]);
  assert(usedMs <= 5.5 * SECOND, `${usedMs}`);
  assert(leftMs <= 7 * SECOND, `${leftMs}`); // in tests each turn of the event loop is a tick
});

for (
  const [seconds, what, script, words] of [
    [
      20,
      "SERVFAIL",
      (asked) => reply(asked, { rcode: "SERVFAIL" }),
      "the server failed (SERVFAIL)",
    ],
    [20, "NXDOMAIN", (asked) => reply(asked, { rcode: "NXDOMAIN" }), "no such name (NXDOMAIN)"],
    [20, "empty answers", (asked) => reply(asked), "no addresses (no data)"],
    [60, "silence", () => undefined, "no answer within 4 s"],
    [
      20,
      "garbage",
      (asked) => asked.bytes.map((byte) => byte ^ 0x55),
      "what it sent is no valid answer",
    ],
  ] as readonly (readonly [number, string, Script, string])[]
) {
  Deno.test(`real DNS: ${seconds} s of ${what} change no backend, and the log says why`, async () => {
    const good = answersOf({ "A users": ["10.0.0.1", "10.0.0.2"] });
    await using scene = new Scene(good, 2 * SECOND);
    scene.use("dns+http://users:5000");
    await scene.until(() => scene.addresses.length === 2);
    scene.server.script = script;
    await scene.clock.advance(seconds * SECOND);
    assertEquals([scene.addresses.length, scene.changes], [2, 1]);
    assertEquals(
      scene.lines[0],
      `DNS server SERVER: ${words}; the 2 known addresses stay in use`,
    );
    scene.server.script = good;
    await scene.until(() => scene.lines.at(-1) === "recovered");
    assertEquals(scene.changes, 1);
  });
}

Deno.test("real DNS: answers that take 10 s are none, and nothing is asked twice at the same time", async () => {
  const held: { readonly since: number; readonly release: () => void }[] = [];
  await using scene: Scene = new Scene(async (asked) => {
    await new Promise<void>((release) => held.push({ since: scene.clock.now(), release }));
    return answersOf({ "A users": ["10.0.0.1"] })(asked);
  }, 2 * SECOND);
  scene.use("dns+http://users:5000");
  while (scene.clock.now() < 30 * SECOND) {
    await scene.clock.advance(SECOND / 2);
    while (held[0] !== undefined && scene.clock.now() - held[0].since >= 10 * SECOND) {
      held.shift()!.release();
    }
  }
  assertEquals([scene.addresses, scene.changes], [[], 0]);
  assertEquals(scene.lines[0], "DNS server SERVER: no answer within 4 s; no address is known yet");
  // Each resolution asks for A and AAAA, twice, and takes 4 s: in 30 s there is no room for more than 7.
  assert(scene.server.asked.length <= 7 * 4, `${scene.server.asked.length}`);
  for (const { release } of held) release();
});

Deno.test("real DNS: 1,000 addresses by TCP, then 1", async () => {
  const many = Array.from({ length: 1_000 }, (_, index) => `10.1.${index >> 8}.${index & 255}`);
  await using scene = new Scene((asked) =>
    asked.transport === "udp" && asked.type === "A"
      ? reply(asked, { isTruncated: true })
      : answersOf({ "A users": many })(asked)
  );
  scene.use("dns+http://users:5000");
  await scene.until(() => scene.addresses.length === 1_000);
  scene.server.script = answersOf({ "A users": ["10.0.0.1"] });
  await scene.until(() => scene.addresses.length === 1);
  assertEquals(scene.addresses, ["10.0.0.1"]);
});

Deno.test("real DNS: a stop in the middle of a question leaves no socket", async () => {
  const scene = new Scene(() => undefined);
  scene.use("dns+http://users:5000");
  scene.use("srv+http://_users._tcp.example");
  while (scene.server.asked.length < 3) await scene.clock.advance(50);
  await scene[Symbol.asyncDispose]();
  assertEquals(scene.lines, []);
});
