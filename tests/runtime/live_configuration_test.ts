import { assertEquals } from "@std/assert";
import type { Configuration } from "../../lib/config/model.ts";
import { LiveConfiguration } from "../../lib/runtime/live_configuration.ts";
import type { ResolvedConfiguration, Revision } from "../../lib/runtime/revision.ts";
import { Revisions } from "../../lib/runtime/revisions.ts";
import { processRecords } from "../../lib/shared_memory/layout.ts";
import { configurationOf } from "../support/configuration_file.ts";

const configured = (url: string) =>
  configurationOf(JSON.stringify({ pools: { users: { backends: [url] } } }));

const urlOf = ({ pools }: Pick<Configuration, "pools">) =>
  (pools["users"]!.backends[0] as { url: string }).url;

/** A configuration in force over workers that do what a test says. */
async function start() {
  const events: string[] = [];
  let answer: (revision: Revision) => Promise<string | undefined> = () =>
    Promise.resolve(undefined);
  let addresses: string | undefined;
  let loaded: Promise<void> = Promise.resolve();
  let fault: Error | undefined;
  const process = processRecords(2);
  const revisions = new Revisions({ workers: 2, descriptors: Infinity, process });
  const resolve = (config: Configuration): ResolvedConfiguration => {
    const resolved = config as ResolvedConfiguration;
    if (addresses === undefined) return resolved;
    const users = { ...resolved.pools["users"]! };
    return {
      ...resolved,
      pools: { users: { ...users, backends: [{ ...users.backends[0]!, url: addresses }] } },
    };
  };
  const written = await configured("http://a:81");
  const first = revisions.make(resolve(written));
  revisions.adopt(first);
  const live = new LiveConfiguration(written, first, {
    started: Promise.resolve(),
    revisions,
    supervisor: {
      change(revision) {
        events.push(`workers change to ${urlOf(revision.config)}`);
        return answer(revision);
      },
    },
    pools: {
      update(config) {
        events.push(`observes ${urlOf(config)}`);
        return loaded;
      },
    },
    sources: {
      resolve,
      prepare: (config) =>
        fault ? Promise.reject(fault) : Promise.resolve({
          resolved: resolve(config),
          commit: () => events.push(`commits ${urlOf(config)}`),
          abandon: () => events.push(`abandons ${urlOf(config)}`),
        }),
    },
    acme: {
      prepare: () =>
        Promise.resolve({
          commit: () => events.push("commits certificates"),
          abandon: () => events.push("abandons certificates"),
        }),
    },
    adjust: (config) => config,
    onChanged: ({ before, after }) => events.push(`${urlOf(before)} to ${urlOf(after)}`),
  });
  return {
    live,
    revisions,
    events,
    workersAnswer: (next: typeof answer) => answer = next,
    poolsLoad: (next: typeof loaded) => loaded = next,
    find: (url: string) => addresses = url,
    sourcesFail: (next: typeof fault) => fault = next,
  };
}

Deno.test("live configuration: a change is made by workers first, and then counts for all else", async () => {
  const { live, events } = await start();
  await live.change(await configured("http://b:81"));
  assertEquals(events, [
    "workers change to http://b:81",
    "observes http://b:81",
    "commits certificates",
    "commits http://b:81",
    "http://a:81 to http://b:81",
  ]);
  assertEquals([urlOf(live.written), urlOf(live.resolved)], ["http://b:81", "http://b:81"]);
});

Deno.test("live configuration: while pools load, the state and the configuration are still those of the pools before", async () => {
  const { live, revisions, events, poolsLoad } = await start();
  const { state } = revisions;
  const loaded = Promise.withResolvers<void>();
  poolsLoad(loaded.promise);
  const changing = live.change(await configured("http://b:81"));
  while (events.length < 2) await Promise.resolve();
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals(revisions.state, state);
  assertEquals(urlOf(live.resolved), "http://a:81");
  loaded.resolve();
  await changing;
  assertEquals([...revisions.state.pools.get("users")!.backends.keys()], ["b:81"]);
  assertEquals(urlOf(live.resolved), "http://b:81");
});

Deno.test("live configuration: what workers refuse changes nothing, and the next change is made", async () => {
  const { live, revisions, events, workersAnswer } = await start();
  const { state } = revisions;
  workersAnswer(() => Promise.resolve("port 80 is taken"));
  assertEquals(await live.change(await configured("http://b:81")), "port 80 is taken");
  assertEquals(events, [
    "workers change to http://b:81",
    "abandons certificates",
    "abandons http://b:81",
  ]);
  assertEquals([urlOf(live.written), urlOf(live.resolved)], ["http://a:81", "http://a:81"]);
  assertEquals(revisions.state, state);
  workersAnswer(() => Promise.resolve(undefined));
  assertEquals(typeof await live.change(await configured("http://c:81")), "object");
  assertEquals(urlOf(live.resolved), "http://c:81");
});

Deno.test("live configuration: certificates that were prepared are abandoned if names cannot be resolved at all", async () => {
  const { live, events, sourcesFail } = await start();
  sourcesFail(new Error("a fault"));
  const failed = await live.change(await configured("http://b:81")).catch((error) => error.message);
  assertEquals([failed, events], ["a fault", ["abandons certificates"]]);
});

Deno.test("live configuration: one change is made after the other, also after one that failed by a fault", async () => {
  const { live, events, workersAnswer } = await start();
  const release = Promise.withResolvers<undefined>();
  workersAnswer(({ config }) =>
    urlOf(config) === "http://b:81" ? release.promise : Promise.resolve(undefined)
  );
  const first = live.change(await configured("http://b:81"));
  const second = live.change(await configured("http://c:81"));
  while (events.length === 0) await Promise.resolve();
  assertEquals(events, ["workers change to http://b:81"]);
  release.reject(new Error("a fault"));
  assertEquals(await first.catch((error) => error.message), "a fault");
  await second;
  assertEquals(urlOf(live.resolved), "http://c:81");
});

Deno.test("live configuration: other addresses of a name are taken, the same ones are not", async () => {
  const { live, events, find } = await start();
  assertEquals(await live.refresh(), undefined);
  assertEquals(events, []);
  find("http://10.0.0.1:81");
  await live.refresh();
  assertEquals(await live.refresh(), undefined);
  assertEquals(events, [
    "workers change to http://10.0.0.1:81",
    "observes http://10.0.0.1:81",
    "http://a:81 to http://10.0.0.1:81",
  ]);
  assertEquals(urlOf(live.written), "http://a:81", "the file says the same as before");
});
