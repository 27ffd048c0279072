import { assert, assertEquals } from "@std/assert";
import { Discovery } from "../../lib/discovery/discovery.ts";
import type { DiscoveryOptions } from "../../lib/discovery/options.ts";
import { Wheel } from "../../lib/time/timer_wheel.ts";
import { foundAnswer, noNews, ScriptedResolver, sourceOf } from "../support/discovering.ts";

const TTL = 60_000;
const AT = 1_700_000_000_000;

/** Discovery with a resolver that answers when it is told to. */
class Scene implements AsyncDisposable {
  readonly dns = new ScriptedResolver();
  readonly wheel = new Wheel(0);
  readonly lines: string[] = [];
  readonly discovery: Discovery;
  readonly options: DiscoveryOptions;

  constructor(options: Partial<DiscoveryOptions> = {}) {
    this.options = {
      resolve: this.dns.resolve,
      wheel: this.wheel,
      random: () => 0,
      wallClock: () => AT + this.wheel.now,
      maxAgeMs: 5_000,
      isOwn: () => false,
      onProblem: (name, problem) => this.lines.push(`${name}: ${problem}`),
      onRecovery: (name) => this.lines.push(`${name} recovered`),
      ...options,
    };
    this.discovery = new Discovery(this.options);
  }

  /** Uses a source. @returns its subscription, and all changes as lists of addresses */
  use(url: string) {
    const changes: string[] = [];
    const subscription = this.discovery.add(sourceOf(url), ({ backends }) => {
      changes.push(backends.map(({ url }) => url.replace(/^http:\/\//, "")).join(" "));
    });
    return { subscription, changes };
  }

  /** Lets time pass. */
  pass(milliseconds: number): void {
    for (const end = this.wheel.now + milliseconds; this.wheel.now < end;) {
      this.wheel.turn(this.wheel.now + 50);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.discovery[Symbol.asyncDispose]();
  }
}

Deno.test("discovery: a name is resolved at once, and its backends are told whenever they change", async () => {
  await using scene = new Scene();
  const { subscription, changes } = scene.use("dns+http://users:5000");
  assertEquals(scene.dns.asked, ["dns users"]);
  assertEquals(subscription.found, { backends: [], refused: [] });
  await scene.dns.answer(foundAnswer(["10.0.0.1"], TTL));
  scene.pass(5_200);
  await scene.dns.answer(foundAnswer(["10.0.0.1"], TTL));
  scene.pass(5_200);
  await scene.dns.answer(foundAnswer(["10.0.0.2", "10.0.0.1"], TTL));
  assertEquals(changes, ["10.0.0.1:5000", "10.0.0.1:5000 10.0.0.2:5000"]);
  assertEquals(subscription.found.backends.length, 2);
  assertEquals(scene.dns.asked.length, 3);
});

Deno.test("discovery: it is resolved again within 5 s plus two ticks, one resolution at a time", async () => {
  await using scene = new Scene();
  scene.use("dns+http://users:5000");
  scene.pass(20_000); // an answer that takes long
  assertEquals(scene.dns.asked.length, 1);
  await scene.dns.answer(foundAnswer(["10.0.0.1"], TTL));
  scene.pass(4_900);
  assertEquals(scene.dns.asked.length, 1);
  scene.pass(200);
  assertEquals(scene.dns.asked.length, 2);
});

Deno.test("discovery: one resolution serves all pools that use a name, each with its own port", async () => {
  await using scene = new Scene();
  const one = scene.use("dns+http://users:5000");
  const other = scene.use("dns+http://users:6001/base");
  await scene.dns.answer(foundAnswer(["10.0.0.1"], TTL));
  assertEquals([one.changes, other.changes], [["10.0.0.1:5000"], ["10.0.0.1:6001/base"]]);
  const third = scene.use("dns+http://users:7000");
  assertEquals(third.subscription.found.backends.map(({ url }) => url), ["http://10.0.0.1:7000"]);
  assertEquals([third.changes, scene.dns.asked], [[], ["dns users"]]);
});

Deno.test("discovery: the same name as an address and as a service is two", async () => {
  await using scene = new Scene();
  scene.use("dns+http://users");
  scene.use("srv+http://users");
  assertEquals(scene.dns.asked, ["dns users", "srv users"]);
});

Deno.test("discovery: a reload that adds a source before it removes the old one keeps what is known", async () => {
  await using scene = new Scene();
  const before = scene.use("dns+http://users:5000");
  await scene.dns.answer(foundAnswer(["10.0.0.1"], TTL));
  const after = scene.use("dns+http://users:5000");
  before.subscription[Symbol.dispose]();
  before.subscription[Symbol.dispose](); // once more does nothing
  assertEquals(after.subscription.found.backends.length, 1);
  scene.pass(5_200);
  await scene.dns.answer(foundAnswer(["10.0.0.1", "10.0.0.2"], TTL));
  assertEquals([before.changes.length, after.changes.length], [1, 1]);
});

Deno.test("discovery: a name that nobody uses any more is not resolved, and is forgotten", async () => {
  await using scene = new Scene();
  const { subscription } = scene.use("dns+http://users:5000");
  await scene.dns.answer(foundAnswer(["10.0.0.1"], TTL));
  subscription[Symbol.dispose]();
  scene.pass(60_000);
  assertEquals([scene.dns.asked.length, scene.discovery.status()], [1, []]);
  assertEquals(scene.use("dns+http://users:5000").subscription.found.backends, []);
});

Deno.test("discovery: what is answered after the last use was removed changes nothing", async () => {
  await using scene = new Scene();
  const { subscription, changes } = scene.use("dns+http://users:5000");
  subscription[Symbol.dispose]();
  await scene.dns.answer(foundAnswer(["10.0.0.1"], TTL));
  assertEquals([changes, scene.lines], [[], []]);
});

Deno.test("discovery: a failed connect resolves the names of that backend at once, but a second after the last time", async () => {
  await using scene = new Scene();
  scene.use("dns+http://users:5000");
  scene.use("dns+http://shop:80");
  await scene.dns.answer(({ name }) =>
    foundAnswer([name === "users" ? "10.0.0.1" : "10.9.9.9"], TTL)
  );
  const asked = () => scene.dns.asked.slice(2);
  scene.discovery.connectFailed("http://10.0.0.1:5000");
  assertEquals(asked(), []);
  scene.pass(1_100);
  assertEquals(asked(), ["dns users"]);
  scene.discovery.connectFailed("http://10.0.0.1:5000"); // it is being resolved
  await scene.dns.answer(foundAnswer(["10.0.0.1"], TTL));
  scene.pass(2_000);
  scene.discovery.connectFailed("http://10.0.0.7:5000"); // nobody's
  assertEquals(asked(), ["dns users"]);
  for (let i = 0; i < 10; i++) scene.discovery.connectFailed("http://10.0.0.1:5000");
  assertEquals(asked(), ["dns users", "dns users"]);
});

Deno.test("discovery: an outage keeps the backends, is said, and so is its end", async () => {
  await using scene = new Scene();
  const { subscription, changes } = scene.use("dns+http://users:5000");
  await scene.dns.answer(foundAnswer(["10.0.0.1"], TTL));
  for (let i = 0; i < 15; i++) {
    scene.pass(5_200);
    await scene.dns.answer(noNews("silence"));
  }
  assertEquals([subscription.found.backends.length, changes.length], [1, 1]);
  assertEquals(scene.lines.length, 2); // in a good minute
  scene.pass(5_200);
  await scene.dns.answer(foundAnswer(["10.0.0.1"], TTL));
  assertEquals(scene.lines.slice(2), ["users recovered"]);
  assertEquals(changes.length, 1);
});

Deno.test("discovery: a name that does not resolve yet is tried again soon, and then used", async () => {
  await using scene = new Scene();
  const { changes } = scene.use("dns+http://users:5000");
  for (const pause of [1_000, 2_000, 4_000]) {
    await scene.dns.answer(noNews("nxdomain"));
    const before = scene.dns.asked.length;
    scene.pass(pause + 100);
    assertEquals(scene.dns.asked.length, before + 1);
  }
  await scene.dns.answer(foundAnswer(["10.0.0.1"], TTL));
  assertEquals(changes, ["10.0.0.1:5000"]);
});

Deno.test("discovery: flapping answers lose no backend and cause no change", async () => {
  await using scene = new Scene();
  const { changes } = scene.use("dns+http://users:5000");
  for (let i = 0; i < 30; i++) {
    await scene.dns.answer(foundAnswer(i % 2 === 0 ? ["10.0.0.1", "10.0.0.2"] : ["10.0.0.1"], TTL));
    scene.pass(5_200);
  }
  assertEquals(changes, ["10.0.0.1:5000 10.0.0.2:5000"]);
});

Deno.test("discovery: 1,000 addresses, then 1", async () => {
  await using scene = new Scene();
  const { subscription, changes } = scene.use("dns+http://users:5000");
  const many = Array.from({ length: 1_000 }, (_, index) => `10.0.${index >> 8}.${index & 255}`);
  await scene.dns.answer(foundAnswer(many, TTL));
  assertEquals(subscription.found.backends.length, 1_000);
  for (let i = 0; i < 2; i++) {
    scene.pass(5_200);
    await scene.dns.answer(foundAnswer(["10.0.0.0"], TTL));
  }
  assertEquals([subscription.found.backends.length, changes.length], [1, 2]);
});

Deno.test("discovery: its status has what a page shows", async () => {
  await using scene = new Scene();
  scene.use("dns+http://users:5000");
  const name = { kind: "dns", name: "users" } as const;
  assertEquals(scene.discovery.status(), [{
    ...name,
    addresses: [],
    lastSuccess: undefined,
    problem: undefined,
    nextResolution: undefined,
  }]);
  scene.pass(300);
  await scene.dns.answer(foundAnswer(["10.0.0.1", "10.0.0.2"], TTL));
  scene.pass(5_200);
  await scene.dns.answer(noNews("servfail"));
  const [status] = scene.discovery.status();
  assertEquals(status, {
    ...name,
    addresses: ["10.0.0.1", "10.0.0.2"],
    lastSuccess: AT + 300,
    problem: "DNS server 10.0.0.2:53: the server failed (SERVFAIL)",
    nextResolution: AT + 5_500 + 1_050,
  });
});

Deno.test("discovery: first answers are waited for, failures included, and a stop ends the wait", async () => {
  await using scene = new Scene();
  scene.use("dns+http://users:5000");
  scene.use("dns+http://shop:5000");
  let isReady = false;
  scene.discovery.firstAnswers().then(() => isReady = true);
  await scene.dns.answer(({ name }) =>
    name === "users" ? foundAnswer(["10.0.0.1"], TTL) : noNews("nxdomain")
  );
  await scene.discovery.firstAnswers();
  assert(isReady);
  scene.use("dns+http://third:5000");
  const waiting = scene.discovery.firstAnswers();
  await scene.discovery[Symbol.asyncDispose]();
  await waiting;
});

Deno.test("discovery: a reload may change the resolver, the age of answers, and what is the balancer itself", async () => {
  await using scene = new Scene({ maxAgeMs: 3_600_000 });
  const { changes } = scene.use("dns+http://users:5000");
  await scene.dns.answer(foundAnswer(["10.0.0.1", "10.0.0.2"], 3_600_000));
  const other = new ScriptedResolver();
  scene.discovery.change({
    resolve: other.resolve,
    maxAgeMs: 5_000,
    isOwn: (hostname) => hostname === "10.0.0.2",
  });
  assertEquals(changes.at(-1), "10.0.0.1:5000");
  scene.pass(5_200);
  assertEquals([scene.dns.asked.length, other.asked], [1, ["dns users"]]);
});

Deno.test("discovery: a reload while a name is resolved does not resolve it a second time", async () => {
  await using scene = new Scene();
  scene.use("dns+http://users:5000");
  scene.discovery.change(scene.options);
  scene.pass(20_000);
  assertEquals(scene.dns.asked.length, 1);
});

Deno.test("discovery: a name that is used again stays, whatever is disposed of a second time", async () => {
  await using scene = new Scene();
  const before = scene.use("dns+http://users:5000");
  before.subscription[Symbol.dispose]();
  const { changes } = scene.use("dns+http://users:5000");
  before.subscription[Symbol.dispose]();
  await scene.dns.answer(foundAnswer(["10.0.0.1"], TTL));
  assertEquals([changes, scene.discovery.status().length], [["10.0.0.1:5000"], 1]);
});

Deno.test("discovery: a fault of the resolver is a problem of that name, and it is tried again", async () => {
  let calls = 0;
  await using scene = new Scene({
    resolve: () => {
      calls++;
      throw new TypeError("no such thing");
    },
  });
  scene.use("dns+http://users:5000");
  await scene.discovery.firstAnswers();
  assertEquals(scene.lines, [
    "users: DNS: it cannot be asked: no such thing; no address is known yet",
  ]);
  scene.pass(1_100);
  assertEquals(calls, 2);
});
