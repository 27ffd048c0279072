import { assertEquals } from "@std/assert";
import { answersOf, FakeDnsServer, reply, type Zone } from "../../support/fake_dns_server.ts";
import { foundOf, outcomeOf, resolveWith } from "../../support/resolving.ts";

const NAME = "_users._tcp.example";

const service = (target: string, port = 5000, priority = 10, weight = 1) => ({
  priority,
  weight,
  port,
  target,
});

const ZONE: Zone = {
  [`SRV ${NAME}`]: [service("b.example", 5001, 20, 5), service("a.example", 5000, 10, 7)],
  "A a.example": ["10.0.0.1", "10.0.0.2"],
  "AAAA a.example": ["2001:db8::1"],
  "A b.example": ["10.0.0.3"],
};

const resolveSrv = (server: FakeDnsServer, timePasses = false) =>
  resolveWith(server, NAME, { kind: "srv", timePasses });

Deno.test("services: each address of each target is found, with port, priority and weight", async () => {
  await using server = FakeDnsServer.start((asked) =>
    answersOf(ZONE, { SRV: 30, A: 20, AAAA: 25 }[asked.type])(asked)
  );
  const answer = await resolveSrv(server);
  assertEquals([foundOf(answer).ttlMs, foundOf(answer).unanswered], [20_000, []]);
  const a = { name: "a.example", service: { priority: 10, weight: 7, port: 5000 } };
  assertEquals(foundOf(answer).endpoints, [
    { ...a, address: "10.0.0.1" },
    { ...a, address: "10.0.0.2" },
    { ...a, address: "2001:db8::1" },
    { name: "b.example", address: "10.0.0.3", service: { priority: 20, weight: 5, port: 5001 } },
  ]);
});

Deno.test("services: a target that several records have is asked for once", async () => {
  const records = [5000, 5001, 5002].map((port) => service("a.example", port));
  await using server = FakeDnsServer.start(answersOf({ ...ZONE, [`SRV ${NAME}`]: records }));
  const answer = await resolveSrv(server);
  assertEquals(outcomeOf(answer).length, 9);
  assertEquals(server.questions.filter((question) => question === "A a.example").length, 1);
});

Deno.test("services: a target that cannot be resolved is told of, and keeps its addresses", async () => {
  await using server = FakeDnsServer.start((asked) =>
    asked.name === "a.example" ? reply(asked, { rcode: "SERVFAIL" }) : answersOf(ZONE)(asked)
  );
  const answer = await resolveSrv(server);
  assertEquals(outcomeOf(answer), ["10.0.0.3:5001"]);
  assertEquals(
    foundOf(answer).unanswered.map((
      { name, version, failure },
    ) => [name, version, failure.subject]),
    [["a.example", 4, "a.example"], ["a.example", 6, "a.example"]],
  );
});

Deno.test("services: a target of which one kind of records fails is told of by its name", async () => {
  await using server = FakeDnsServer.start((asked) =>
    asked.question === "AAAA a.example"
      ? reply(asked, { rcode: "SERVFAIL" })
      : answersOf(ZONE)(asked)
  );
  const { unanswered } = foundOf(await resolveSrv(server));
  assertEquals(
    unanswered.map(({ name, version, failure }) => [name, version, failure.subject]),
    [["a.example", 6, "a.example: AAAA records"]],
  );
});

Deno.test("services: a target that does not exist has no addresses, and that is an answer", async () => {
  const records = [service("a.example"), service("gone.example")];
  await using server = FakeDnsServer.start(answersOf({ ...ZONE, [`SRV ${NAME}`]: records }));
  const answer = await resolveSrv(server);
  assertEquals(
    outcomeOf(answer),
    ["10.0.0.1:5000", "10.0.0.2:5000", "[2001:db8::1]:5000"]
      .map((endpoint) => endpoint.replace(/[[\]]/g, "")),
  );
  assertEquals(foundOf(answer).unanswered, []);
});

for (
  const [what, records, words] of [
    ["no target has addresses", [service("gone.example")], "gone.example: no such name (NXDOMAIN)"],
    ["there are no records", [], "no SRV records (no data)"],
    [
      'the target is "."',
      [service(".")],
      'no such service, as the target of its SRV record is "." (no data)',
    ],
  ] as const
) {
  Deno.test(`services: if ${what}, nothing is found, and it is said why`, async () => {
    await using server = FakeDnsServer.start(answersOf({ ...ZONE, [`SRV ${NAME}`]: records }));
    assertEquals(outcomeOf(await resolveSrv(server)), words);
  });
}

Deno.test("services: a name that does not exist is told so", async () => {
  await using server = FakeDnsServer.start(answersOf({}));
  assertEquals(outcomeOf(await resolveSrv(server)), "no such name (NXDOMAIN)");
});

Deno.test("services: at most 1,000 endpoints are used, the best ones, the same whatever their order", async () => {
  const all = Array.from(
    { length: 1_100 },
    (_, index) => service(`10.0.${index >> 8}.${index & 255}`, 5000, index),
  );
  let turn = 0;
  await using server = FakeDnsServer.start((asked) => {
    if (asked.transport === "udp") return reply(asked, { isTruncated: true });
    turn += 500;
    return answersOf({ [`SRV ${NAME}`]: [...all.slice(turn), ...all.slice(0, turn)] })(asked);
  });
  const [one, other] = [foundOf(await resolveSrv(server)), foundOf(await resolveSrv(server))];
  assertEquals([one.endpoints.length, one.isCut], [1_000, true]);
  assertEquals(one.endpoints.at(-1)?.service?.priority, 999);
  assertEquals(one.endpoints, other.endpoints);
});

Deno.test("services: a service of which the targets have no addresses exists: no other name is asked for", async () => {
  await using server = FakeDnsServer.start(answersOf({
    "SRV _users._tcp.a.example": [service("gone.example")],
    "SRV _users._tcp.b.example": [service("10.0.0.1")],
  }));
  const conf = "search a.example b.example\noptions ndots:5\n";
  const answer = await resolveWith(server, "_users._tcp", { kind: "srv", conf });
  assertEquals(outcomeOf(answer), "gone.example: no such name (NXDOMAIN)");
});

Deno.test("services: a hundred targets are resolved, and all 201 questions asked", async () => {
  const names = Array.from({ length: 100 }, (_, index) => `t${index}.example`);
  const zone = Object.fromEntries(names.map((name, index) => [`A ${name}`, [`10.0.0.${index}`]]));
  const records = names.map((name) => service(name));
  await using server = FakeDnsServer.start((asked) =>
    asked.type === "SRV" && asked.transport === "udp"
      ? reply(asked, { isTruncated: true })
      : answersOf({ ...zone, [`SRV ${NAME}`]: records })(asked)
  );
  assertEquals(outcomeOf(await resolveSrv(server)).length, 100);
  assertEquals(new Set(server.questions).size, 201);
});
