/** The backends of a configuration whose names a DNS server on loopback knows. */
import { assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { BackendSources } from "../../lib/runtime/backend_sources.ts";
import type { ResolvedConfiguration } from "../../lib/runtime/revision.ts";
import { startClock } from "../../lib/time/clock.ts";
import { configurationOf } from "../support/configuration_file.ts";
import { answersOf, FakeDnsServer, reply } from "../support/fake_dns_server.ts";

const urls = ({ pools }: ResolvedConfiguration) =>
  Object.values(pools).map(({ backends }) => backends.map(({ url }) => url).join(" "));

/** Sources that ask this server; each change of what they find resolves what is waited for. */
function sourcesAt(server: FakeDnsServer) {
  const clock = startClock();
  const warnings: string[] = [];
  let changed = Promise.withResolvers<void>();
  const sources = new BackendSources({
    wheel: clock.wheel,
    random: () => 0,
    wallClock: () => 0,
    onChange() {
      changed.resolve();
      changed = Promise.withResolvers();
    },
    onWarning: (warning) => warnings.push(warning),
    onInfo() {},
  });
  const { hostname, port } = server.address;
  return {
    sources,
    warnings,
    changed: () => changed.promise,
    file: (pools: Record<string, readonly unknown[]>, more: object = {}) =>
      configurationOf(JSON.stringify({
        dns: { server: `${hostname}:${port}`, maxAge: "1s" },
        pools: Object.fromEntries(
          Object.entries(pools).map(([name, backends]) => [name, { backends }]),
        ),
        routes: [{ split: Object.fromEntries(Object.keys(pools).map((name) => [name, 1])) }],
        ...more,
      })),
    async [Symbol.asyncDispose]() {
      await sources[Symbol.asyncDispose]();
      clock[Symbol.dispose]();
    },
  };
}

const zone = (...addresses: readonly string[]) => answersOf({ "A users.test": addresses }, 1);

Deno.test("backend sources: a name stands for its addresses, and changes are told", async () => {
  await using server = FakeDnsServer.start(zone("10.0.0.1"));
  await using given = sourcesAt(server);
  const config = await given.file({ users: ["http://10.9.9.9:80", "dns+http://users.test:5000"] });
  const prepared = await given.sources.prepare(config);
  prepared.commit();
  assertEquals(urls(prepared.resolved), ["http://10.9.9.9 http://10.0.0.1:5000"]);
  assertEquals(prepared.resolved.pools["users"]!.backends[1], {
    url: "http://10.0.0.1:5000",
    weight: 1,
    backup: false,
    name: "users.test",
    source: "dns+http://users.test:5000",
  });
  server.script = zone("10.0.0.1", "10.0.0.2");
  await given.changed();
  assertEquals(urls(given.sources.resolve(config)), [
    "http://10.9.9.9 http://10.0.0.1:5000 http://10.0.0.2:5000",
  ]);
  assertEquals(given.sources.statusOf("users").map(({ source, backends }) => [source, backends]), [
    ["dns+http://users.test:5000", 2],
  ]);
});

Deno.test("backend sources: an address that two entries of a pool stand for is one backend, as the first says", async () => {
  await using server = FakeDnsServer.start(zone("10.0.0.1"));
  await using given = sourcesAt(server);
  const config = await given.file({
    users: [{ url: "http://10.0.0.1:5000", weight: 7 }, "dns+http://users.test:5000"],
    other: ["dns+http://users.test:5000"],
  });
  const { resolved } = await given.sources.prepare(config);
  assertEquals(urls(resolved), ["http://10.0.0.1:5000", "http://10.0.0.1:5000"]);
  assertEquals(resolved.pools["users"]!.backends[0]!.weight, 7);
  assertEquals(new Set(server.questions).size, 2, "A and AAAA, once for both pools");
});

Deno.test("backend sources: a name that cannot be resolved stands for nothing, and does not keep a start waiting", async () => {
  await using server = FakeDnsServer.start(answersOf({}, 1));
  await using given = sourcesAt(server);
  const config = await given.file({ users: ["dns+http://users.test:5000"] });
  const { resolved } = await given.sources.prepare(config);
  assertEquals(urls(resolved), [""]);
  assertEquals(given.warnings.length, 1);
});

Deno.test("backend sources: a name of which one kind of records fails is resolved in part, and the log says so", async () => {
  await using server = FakeDnsServer.start((asked) =>
    asked.type === "A" ? zone("10.0.0.1")(asked) : reply(asked, { rcode: "SERVFAIL" })
  );
  await using given = sourcesAt(server);
  await given.sources.prepare(await given.file({ users: ["dns+http://users.test:5000"] }));
  assertEquals(given.warnings.map((warning) => warning.replace(/127\S+:\d+/, "SERVER")), [
    "users.test is resolved in part: DNS server SERVER: AAAA records: the server failed (SERVFAIL); " +
    "the known address stays in use",
  ]);
});

Deno.test("backend sources: what is found and not used is a warning, once and in one line", async () => {
  const services = (...ports: readonly number[]) =>
    answersOf({
      "SRV users.test": ports.map((port) => ({ priority: 1, weight: 1, port, target: "one.test" })),
      "A one.test": ["10.0.0.1"],
    }, 1);
  await using server = FakeDnsServer.start(services(22, 25, 5000));
  await using given = sourcesAt(server);
  const config = await given.file({ users: ["srv+http://users.test"] });
  (await given.sources.prepare(config)).commit();
  const blocked = (port: number) =>
    `10.0.0.1:${port} is not used, as the Fetch standard blocks port ${port} (users.test)`;
  const first = `${blocked(22)}; ${blocked(25)}`;
  assertEquals(given.warnings, [first]);
  server.script = services(22, 25, 5000, 6000);
  await given.changed();
  assertEquals(given.warnings, [first, blocked(6000)]);
});

Deno.test("backend sources: a configuration that is given up leaves the names of the one before, and their addresses", async () => {
  await using server = FakeDnsServer.start(zone("10.0.0.1"));
  await using given = sourcesAt(server);
  const first = await given.file({ users: ["dns+http://users.test:5000"] });
  (await given.sources.prepare(first)).commit();
  const second = await given.file({ users: ["dns+http://users.test:6060"] });
  const prepared = await given.sources.prepare(second);
  assertEquals(urls(prepared.resolved), ["http://10.0.0.1:6060"]);
  prepared.abandon();
  assertEquals(urls(given.sources.resolve(first)), ["http://10.0.0.1:5000"]);
});

Deno.test("backend sources: one that is given up leaves the server of the one before, and asks for nothing of its own", async () => {
  await using server = FakeDnsServer.start(zone("10.0.0.1"));
  await using wrong = FakeDnsServer.start(answersOf({}));
  await using given = sourcesAt(server);
  const first = await given.file({ users: ["dns+http://users.test:5000"] });
  (await given.sources.prepare(first)).commit();
  const { hostname, port } = wrong.address;
  const second = await given.file({ users: ["dns+http://other.test:5000"] }, {
    dns: { server: `${hostname}:${port}`, maxAge: "1s" },
  });
  (await given.sources.prepare(second)).abandon();
  server.script = zone("10.0.0.2");
  await deadline(given.changed(), 10_000);
  assertEquals(urls(given.sources.resolve(first)), ["http://10.0.0.1:5000 http://10.0.0.2:5000"]);
  assertEquals(
    [...server.questions, ...wrong.questions].filter((asked) => asked === "A other.test"),
    [
      "A other.test",
    ],
  );
});

Deno.test("backend sources: a name that the next configuration has not is not asked for any more", async () => {
  const both = (address: string) =>
    answersOf({ "A users.test": ["10.0.0.1"], "A other.test": [address] }, 1);
  await using server = FakeDnsServer.start(both("10.0.0.1"));
  await using given = sourcesAt(server);
  const first = await given.file({ users: ["dns+http://users.test:5000"] });
  (await given.sources.prepare(first)).commit();
  const second = await given.file({ users: ["dns+http://other.test:5000"] });
  (await given.sources.prepare(second)).commit();
  server.script = both("10.0.0.2");
  await deadline(given.changed(), 10_000); // by then the other name would have been asked for, too
  assertEquals(server.questions.filter((asked) => asked === "A users.test").length, 1);
});

Deno.test("backend sources: what a file lists is a backup if the file or its line says so", async () => {
  await using server = FakeDnsServer.start(zone());
  await using given = sourcesAt(server);
  const { pools, ...rest } = await given.file({ users: ["dns+http://users.test:5000"] });
  const line = (backup: boolean) => ({ url: `http://${backup ? "b" : "a"}`, weight: 1, backup });
  const of = async (backup: boolean) => {
    const backends = [{ file: "list", backup, backends: [line(false), line(true)] }];
    const config = { ...rest, pools: { users: { ...pools["users"]!, backends } } };
    const { resolved } = await given.sources.prepare(config);
    return resolved.pools["users"]!.backends.map(({ backup }) => backup);
  };
  assertEquals([await of(false), await of(true)], [[false, true], [true, true]]);
});

Deno.test("backend sources: an outage over a reload changes nothing", async () => {
  await using server = FakeDnsServer.start(zone("10.0.0.1"));
  await using given = sourcesAt(server);
  const config = await given.file({ users: ["dns+http://users.test:5000"] });
  (await given.sources.prepare(config)).commit();
  server.script = () => undefined;
  const again = await given.file({ users: ["dns+http://users.test:5000"] }, { instance: "x" });
  const prepared = await given.sources.prepare(again);
  prepared.commit();
  assertEquals(urls(prepared.resolved), ["http://10.0.0.1:5000"]);
});
