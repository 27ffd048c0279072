/** Listeners that come and go with a change of the configuration, under both engines. */
import { assert, assertEquals } from "@std/assert";
import { ENGINE_NAMES } from "../support/each_engine.ts";
import { ask, askOn, users } from "../support/changed_plane.ts";
import { planeOf } from "../support/configured_plane.ts";
import { Dialogue } from "../support/raw_client.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";

for (const engine of ENGINE_NAMES) {
  const test = (name: string, run: () => Promise<void>) =>
    Deno.test(`reload: ${engine} engine: ${name}`, run);

  test("listeners come, go and get other names; what is connected to one that goes is closed when idle", async () => {
    await using a = new ScriptedBackend("a");
    const listeners = (...names: string[]) => ({
      listeners: Object.fromEntries(
        names.map((name, index) => [name, { host: "127.0.0.1", port: 6001 + index }]),
      ),
    });
    await using plane = await planeOf(engine, { ...users(a.url), ...listeners("one") });
    using kept = await Dialogue.open(plane.ports["one"]!);
    assertEquals(await askOn(kept), "a");
    await plane.change({ ...users(a.url), ...listeners("one", "two") });
    const second = plane.ports["two"]!;
    using leaving = await Dialogue.open(second);
    assertEquals(await askOn(leaving), "a");
    await plane.change({
      ...users(a.url),
      ...listeners("one"),
      timeouts: { drain: "2s" },
      routes: [{ match: { listener: "one" }, respond: { status: 200, body: "one" } }],
    });
    assertEquals(await askOn(kept), "one");
    await leaving.rest();
    while (await isListening(second)) await new Promise((resolve) => setTimeout(resolve, 10));
    assertEquals(await askOn(kept), "one");
  });

  test("a listener that cannot be opened refuses the whole change", async () => {
    await using a = new ScriptedBackend("a");
    await using b = new ScriptedBackend("b");
    await using plane = await planeOf(engine, users(a.url));
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    plane.ports["other"] = taken.addr.port;
    const changed = await plane.change({
      ...users(b.url),
      listeners: { http: { port: 5000 }, free: { port: 6001 }, other: { port: 6002 } },
    }).then(() => "changed", (error) => String(error));
    assert(changed.includes("the address is in use"), changed);
    assertEquals(await ask(plane.port), "a");
  });
}

async function isListening(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused) return false;
    throw error;
  }
}
