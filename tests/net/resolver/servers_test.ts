/** Several servers, one after the other. */
import { assert, assertEquals } from "@std/assert";
import { askServers } from "../../../lib/net/resolver/ask_servers.ts";
import type { Failure } from "../../../lib/net/resolver/failure.ts";
import { readAddresses } from "../../../lib/net/resolver/records.ts";
import { formatServer } from "../../../lib/net/resolver/question.ts";
import { ServerOrder } from "../../../lib/net/resolver/server_order.ts";
import { answersOf, FakeDnsServer, reply, type Script } from "../../support/fake_dns_server.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { waitFor } from "../../support/resolving.ts";

const GOOD = answersOf({ "A users": ["10.0.0.1"] });

/** Two servers that are asked one question after the other. */
class Scene implements AsyncDisposable {
  readonly servers: readonly FakeDnsServer[];
  readonly clock = new ManualClock();
  readonly #order = new ServerOrder();

  constructor(...scripts: readonly Script[]) {
    this.servers = scripts.map((script) => FakeDnsServer.start(script));
  }

  get names(): readonly string[] {
    return this.servers.map(({ address }) => formatServer(address));
  }

  /** @returns the answer, how long it took, and how often each server was asked for it */
  async ask(mayAskAgain = () => true) {
    const before = this.servers.map(({ asked }) => asked.length);
    const answering = askServers({ name: "users", type: "A" }, readAddresses, {
      servers: this.servers.map(({ address }) => address),
      order: this.#order,
      mayAskAgain,
      wheel: this.clock.wheel,
      timeoutMs: 2_000,
      signal: new AbortController().signal,
    });
    const { result: answer, tookMs } = await waitFor(answering, this.clock, this.servers);
    const asked = this.servers.map(({ asked }, index) => asked.length - before[index]!);
    return { answer, tookMs, asked };
  }

  /** Lets time pass while nothing is asked. */
  pass(milliseconds: number): void {
    const { wheel } = this.clock;
    wheel.turn(wheel.now + milliseconds);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.servers) await server[Symbol.asyncDispose]();
  }
}

async function askBoth(first: Script, second: Script) {
  await using scene = new Scene(first, second);
  return { ...await scene.ask(), names: scene.names };
}

Deno.test("servers: one that does not answer is asked twice, then the next one", async () => {
  const { answer, asked, tookMs } = await askBoth(() => undefined, GOOD);
  assertEquals([answer, asked], [{ data: ["10.0.0.1"], ttlMs: 60_000 }, [2, 1]]);
  assert(tookMs >= 4_000 && tookMs < 5_000, `${tookMs}`);
});

Deno.test("servers: one that is dead costs its time once a minute, and is asked again then", async () => {
  await using scene = new Scene(() => undefined, GOOD);
  assertEquals((await scene.ask()).asked, [2, 1]);
  for (let i = 0; i < 3; i++) {
    const { asked, tookMs } = await scene.ask();
    assert(tookMs < 2_000, `${tookMs}`);
    assertEquals(asked, [0, 1]);
  }
  scene.pass(60_000);
  assertEquals((await scene.ask()).asked, [2, 1]);
  scene.servers[0]!.script = GOOD;
  assertEquals((await scene.ask()).asked, [0, 1]);
  scene.pass(60_000);
  assertEquals((await scene.ask()).asked, [1, 0]);
});

Deno.test("servers: if the one that answered last dies, the others are asked, and the next one takes over", async () => {
  await using scene = new Scene((asked) => reply(asked, { rcode: "SERVFAIL" }), GOOD);
  assertEquals((await scene.ask()).asked, [1, 1]);
  scene.servers[0]!.script = answersOf({}); // that there is no such name is an answer, too
  scene.servers[1]!.script = () => undefined;
  assertEquals((await scene.ask()).asked, [1, 2]);
  assertEquals((await scene.ask()).asked, [1, 0]);
});

for (const rcode of ["SERVFAIL", "REFUSED", "NOTIMP"]) {
  Deno.test(`servers: after ${rcode} the next one is asked at once`, async () => {
    const { answer, asked } = await askBoth((asked) => reply(asked, { rcode }), GOOD);
    assertEquals([answer, asked], [{ data: ["10.0.0.1"], ttlMs: 60_000 }, [1, 1]]);
  });
}

for (const rcode of ["NXDOMAIN", "NOERROR"]) {
  Deno.test(`servers: ${rcode} without records is an answer, and no other one is asked`, async () => {
    const { asked } = await askBoth((asked) => reply(asked, { rcode }), GOOD);
    assertEquals(asked, [1, 0]);
  });
}

Deno.test("servers: no other one is asked once the answer is not worth the time", async () => {
  await using scene = new Scene((asked) => reply(asked, { rcode: "SERVFAIL" }), GOOD);
  assertEquals((await scene.ask(() => false)).asked, [1, 0]);
});

Deno.test("servers: if all fail, the failure is that of one that answered, and names all that failed so", async () => {
  const silent = await askBoth(() => undefined, () => undefined);
  assertEquals(silent.answer, { kind: "silence", detail: "4 s", servers: silent.names });
  const refuse: Script = (asked) => reply(asked, { rcode: "REFUSED" });
  const late = await askBoth(() => undefined, refuse);
  assertEquals(late.answer, { kind: "refused", detail: "REFUSED", servers: [late.names[1]] });
  const early = await askBoth(refuse, () => undefined);
  assertEquals(early.answer, { kind: "refused", detail: "REFUSED", servers: [early.names[0]] });
});

Deno.test("servers: one that cannot be asked is named with the reason", async () => {
  const clock = new ManualClock();
  const answer = await askServers({ name: "users", type: "A" }, readAddresses, {
    servers: [{ hostname: "127.0.0.1", port: 0 }], // to which nothing can be sent
    order: new ServerOrder(),
    wheel: clock.wheel,
    timeoutMs: 2_000,
    signal: new AbortController().signal,
  });
  const { kind, servers, detail } = answer as Failure;
  assertEquals([kind, servers], ["not_asked", ["127.0.0.1:0"]]);
  assert(detail !== "");
});
