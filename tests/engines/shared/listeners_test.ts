import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { ListenerAddress } from "../../../lib/engines/engine.ts";
import { type Listener, Listeners } from "../../../lib/engines/shared/listeners.ts";

/** A listener that listens on nothing. */
class FakeListener implements Listener {
  adopt({ name }: ListenerAddress): void {
    this.name = name;
  }

  readonly address: Deno.NetAddr;
  discarded = false;
  readonly broken = Promise.withResolvers<void>();
  readonly finished = this.broken.promise;

  constructor(public name: string, readonly hostname: string, port: number) {
    this.address = { transport: "tcp", hostname, port };
  }

  discard(): void {
    this.discarded = true;
  }
}

function fakeListeners(taken: readonly number[] = []) {
  const opened: FakeListener[] = [];
  let freePort = 40_000;
  const listeners = new Listeners(({ name, hostname, port }: ListenerAddress) => {
    if (taken.includes(port)) throw new Error(`${port} is taken`);
    const listener = new FakeListener(name, hostname, port === 0 ? freePort++ : port);
    opened.push(listener);
    return listener;
  });
  return { listeners, opened };
}

const at = (name: string, port: number, hostname = "127.0.0.1") => ({ name, hostname, port });
const namesOf = (all: readonly FakeListener[]) => all.map(({ name }) => name);

Deno.test("listeners: what is listened on goes on, whatever it is called; what is new is opened, the rest removed", () => {
  const { listeners, opened } = fakeListeners();
  assertEquals(namesOf(listeners.prepare([at("a", 1), at("b", 2)]).commit().added), ["a", "b"]);
  const prepared = listeners.prepare([at("c", 2), at("d", 3)]);
  assertEquals(prepared.addresses.map(({ port }) => port), [2, 3]);
  assertEquals(namesOf(listeners.all), ["a", "b"], "nothing has changed yet");
  const { added, removed } = prepared.commit();
  assertEquals([namesOf(added), namesOf(removed), namesOf(listeners.all)], [["d"], ["a"], [
    "c",
    "d",
  ]]);
  assertEquals(opened.length, 3);
});

Deno.test("listeners: another host is another address", () => {
  const { listeners } = fakeListeners();
  listeners.prepare([at("a", 1)]).commit();
  const { added, removed } = listeners.prepare([at("a", 1, "0.0.0.0")]).commit();
  assertEquals([added.length, removed.length], [1, 1]);
});

Deno.test("listeners: if one cannot be opened none is, and those that there are go on", () => {
  const { listeners, opened } = fakeListeners([3]);
  listeners.prepare([at("a", 1)]).commit();
  assertThrows(() => listeners.prepare([at("a", 1), at("b", 2), at("c", 3)]), Error, "taken");
  assertEquals(opened.map(({ discarded }) => discarded), [false, true]);
  assertEquals(namesOf(listeners.all), ["a"]);
});

Deno.test("listeners: those that were opened for a change that is given up are closed, and no others", () => {
  const { listeners, opened } = fakeListeners();
  listeners.prepare([at("a", 1)]).commit();
  listeners.prepare([at("a", 1), at("b", 2)]).abandon();
  assertEquals(opened.map(({ discarded }) => discarded), [false, true]);
  assertEquals(namesOf(listeners.all), ["a"]);
});

Deno.test("listeners: a port that the system has chosen is known from then on", () => {
  const { listeners } = fakeListeners();
  const [address] = listeners.prepare([at("a", 0)]).addresses;
  listeners.prepare([at("a", 0)]).commit();
  const { port } = listeners.all[0]!.address;
  assertEquals(listeners.prepare([at("a", port)]).commit().added.length, 0);
  assertEquals(address!.port, 40_000);
});

Deno.test("listeners: they are finished at their end, or when one of them breaks, also one that came later", async () => {
  const ended = fakeListeners().listeners;
  ended.prepare([at("a", 1)]).commit();
  ended.end();
  await ended.finished;
  const { listeners, opened } = fakeListeners();
  listeners.prepare([at("a", 1)]).commit();
  listeners.prepare([at("a", 1), at("b", 2)]).commit();
  opened[1]!.broken.reject(new Error("it broke"));
  await assertRejects(() => listeners.finished, Error, "it broke");
});
