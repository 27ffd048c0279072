import { assert, assertEquals, assertRejects } from "@std/assert";
import { delay } from "@std/async/delay";
import { decodeMessage } from "../../../lib/net/resolver/message.ts";
import {
  answersOf,
  type Asked,
  FakeDnsServer,
  record,
  reply,
  type ReplyOptions,
  type Script,
} from "../../support/fake_dns_server.ts";
import { failureOf, foundOf, outcomeOf, resolveWith } from "../../support/resolving.ts";

/** RFC 1035, 4.1.1. */
const RECURSION_DESIRED = 1 << 8;

const FOUR = ["10.0.0.1", "10.0.0.2"];
const SIX = ["2001:db8::1"];
const BOTH = { "A users": FOUR, "AAAA users": SIX };

Deno.test("resolver: A and AAAA are asked for together, and the smallest TTL counts", async () => {
  await using server = FakeDnsServer.start((asked) =>
    answersOf(BOTH, asked.type === "A" ? 30 : 7)(asked)
  );
  const answer = await resolveWith(server, "users");
  assertEquals(outcomeOf(answer), [...FOUR, ...SIX]);
  assertEquals([foundOf(answer).ttlMs, foundOf(answer).unanswered, foundOf(answer).isCut], [
    7_000,
    [],
    false,
  ]);
  assertEquals([...server.questions].sort(), ["A users", "AAAA users"]);
});

Deno.test("resolver: a server with an IPv6 address is asked, and addresses have one spelling", async () => {
  const script = answersOf({ "AAAA users": ["2001:DB8:0:0::0001"] });
  await using server = FakeDnsServer.start(script, "::1");
  assertEquals(outcomeOf(await resolveWith(server, "users")), ["2001:db8::1"]);
});

Deno.test("resolver: each question has a port and an id of its own, and takes 1232 bytes", async () => {
  await using server = FakeDnsServer.start(answersOf(BOTH));
  for (let i = 0; i < 4; i++) await resolveWith(server, "users");
  assertEquals(new Set(server.asked.map(({ port }) => port)).size, 8);
  assert(new Set(server.asked.map(({ id }) => id)).size > 4);
  const { additionals, flags } = decodeMessage(server.asked[0]!.bytes)!;
  assertEquals(additionals.map(({ udpPayloadSize }) => udpPayloadSize), [1232]);
  assertEquals(flags, RECURSION_DESIRED);
});

Deno.test("resolver: CNAME records of the answer are followed, and their TTL counts", async () => {
  await using server = FakeDnsServer.start((asked) =>
    reply(asked, {
      records: asked.type === "AAAA" ? [] : [
        record("A", "c.example", "10.0.0.3", 50),
        record("A", "other.example", "10.9.9.9", 1),
        record("CNAME", "users", "B.example", 40),
        record("CNAME", "b.Example", "c.example", 3),
      ],
    })
  );
  const answer = await resolveWith(server, "users");
  assertEquals(outcomeOf(answer), ["10.0.0.3"]);
  assertEquals(foundOf(answer).ttlMs, 3_000);
});

Deno.test("resolver: a TTL above what is allowed counts as none", async () => {
  await using server = FakeDnsServer.start(answersOf({ "A users": FOUR }, 2 ** 31));
  const answer = await resolveWith(server, "users");
  assertEquals(foundOf(answer).ttlMs, 0);
});

Deno.test("resolver: an answer that does not fit in a datagram is asked for by TCP", async () => {
  const many = Array.from({ length: 300 }, (_, index) => `10.0.${index >> 8}.${index & 255}`);
  await using server = FakeDnsServer.start((asked) =>
    asked.transport === "udp" && asked.type === "A"
      ? reply(asked, { isTruncated: true, records: [record("A", "users", "10.9.9.9")] })
      : answersOf({ "A users": many })(asked)
  );
  assertEquals(outcomeOf(await resolveWith(server, "users")), [...many].sort());
});

Deno.test("resolver: at most 1,000 addresses are used, the same whatever their order", async () => {
  const many = Array.from({ length: 1_500 }, (_, index) => `10.0.${index >> 8}.${index & 255}`);
  let turn = 0;
  await using server = FakeDnsServer.start((asked) => {
    if (asked.transport === "udp") return reply(asked, { isTruncated: true });
    turn += 100;
    return answersOf({ "A users": [...many.slice(turn), ...many.slice(0, turn)] })(asked);
  });
  const [one, other] = [await resolveWith(server, "users"), await resolveWith(server, "users")];
  assertEquals([foundOf(one).endpoints.length, foundOf(one).isCut], [1_000, true]);
  assertEquals(foundOf(one).endpoints, foundOf(other).endpoints);
});

const answered = (options: ReplyOptions): Script => (asked) => reply(asked, options);

/** An A record of which the data is cut. */
const cut = (asked: Asked) =>
  reply(asked, { records: [record("A", asked.name, "10.0.0.1")] }).slice(0, -2);

/** What goes wrong, and what it is called. */
const FAILURES: readonly (readonly [what: string, script: Script, words: string])[] = [
  ["NXDOMAIN", answered({ rcode: "NXDOMAIN" }), "no such name (NXDOMAIN)"],
  ["no data", answered({}), "no addresses (no data)"],
  ["SERVFAIL", answered({ rcode: "SERVFAIL" }), "the server failed (SERVFAIL)"],
  ["REFUSED", answered({ rcode: "REFUSED" }), "the server refused to answer (REFUSED)"],
  ["NOTIMP", answered({ rcode: "NOTIMP" }), "the server answered NOTIMP"],
  ["FORMERR", answered({ rcode: "FORMERR" }), "the server answered FORMERR"],
  ["silence", () => undefined, "no answer within 4 s"],
  ["noise", () => new TextEncoder().encode("no DNS"), "what it sent is no valid answer"],
  ["an empty datagram", () => new Uint8Array(), "what it sent is no valid answer"],
  ["a cut address", cut, "what it sent is no valid answer"],
  [
    "another id",
    (asked) => reply(asked, { id: asked.id ^ 1, records: [record("A", "users", "10.9.9.9")] }),
    "what it sent is no valid answer",
  ],
  [
    "an answer to another question",
    (asked) => reply(asked, { name: "evil", records: [record("A", "evil", "10.9.9.9")] }),
    "what it sent is no valid answer",
  ],
  [
    "an answer of another type",
    (asked) => reply(asked, { type: "TXT", records: [record("A", "users", "10.9.9.9")] }),
    "what it sent is no valid answer",
  ],
  ["its own question", (asked) => asked.bytes, "what it sent is no valid answer"],
  [
    "a circle of CNAME records",
    answered({ records: [record("CNAME", "users", "b"), record("CNAME", "b", "users")] }),
    "what it sent is no valid answer",
  ],
  [
    "a CNAME record without what it leads to",
    answered({ records: [record("CNAME", "users", "b")] }),
    "no addresses (no data)",
  ],
  [
    "a truncated answer, and nothing by TCP",
    (asked) => asked.transport === "udp" ? reply(asked, { isTruncated: true }) : [],
    "what it sent is no valid answer",
  ],
  [
    "a truncated answer, and SERVFAIL by TCP",
    (asked) =>
      reply(asked, asked.transport === "udp" ? { isTruncated: true } : { rcode: "SERVFAIL" }),
    "the server failed (SERVFAIL)",
  ],
];

for (const [what, script, words] of FAILURES) {
  Deno.test(`resolver: ${what} is told as "${words}"`, async () => {
    await using server = FakeDnsServer.start(script);
    const answer = await resolveWith(server, "users", { timePasses: true });
    assertEquals(outcomeOf(answer), words);
    const { hostname, port } = server.address;
    assertEquals(failureOf(answer).servers, [`${hostname}:${port}`]);
  });
}

Deno.test("resolver: whoever sends from another port is not listened to, and the answer counts that comes then", async () => {
  const stranger = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  await using server = FakeDnsServer.start(async (asked) => {
    const forged = reply(asked, { records: [record(asked.type, "users", "10.9.9.9")] });
    if (asked.type === "A") {
      await stranger.send(forged, { transport: "udp", hostname: "127.0.0.1", port: asked.port });
      await delay(20);
    }
    return answersOf({ "A users": FOUR })(asked);
  });
  assertEquals(outcomeOf(await resolveWith(server, "users")), FOUR);
  stranger.close();
});

Deno.test("resolver: an answer behind garbage counts", async () => {
  const garbage = new Uint8Array(20);
  await using server = FakeDnsServer.start(async (
    asked,
  ) => [garbage, reply(asked, { id: asked.id ^ 7 }), await answersOf(BOTH)(asked) as Uint8Array]);
  assertEquals(outcomeOf(await resolveWith(server, "users")), [...FOUR, ...SIX]);
});

Deno.test("resolver: names are compared without regard to case", async () => {
  await using server = FakeDnsServer.start((asked) =>
    reply(asked, {
      name: "UsErS",
      records: asked.type === "A" ? [record("A", "USERS", "10.0.0.1")] : [],
    })
  );
  assertEquals(outcomeOf(await resolveWith(server, "users")), ["10.0.0.1"]);
});

Deno.test("resolver: a question that got lost is asked again", async () => {
  const asked = new Map<string, number>();
  await using server = FakeDnsServer.start((message) => {
    const times = (asked.get(message.type) ?? 0) + 1;
    asked.set(message.type, times);
    return times === 1 ? undefined : answersOf(BOTH)(message);
  });
  const answer = await resolveWith(server, "users", { timePasses: true });
  assertEquals(outcomeOf(answer), [...FOUR, ...SIX]);
});

for (
  const [type, kept, gone] of [["A", SIX, 4], ["AAAA", FOUR, 6]] as const
) {
  Deno.test(`resolver: if only ${type} fails, the other addresses are found and the answer says what is missing`, async () => {
    for (const failure of ["SERVFAIL", "silence"]) {
      await using server = FakeDnsServer.start((asked) => {
        if (asked.type !== type) return answersOf(BOTH)(asked);
        return failure === "silence" ? undefined : reply(asked, { rcode: failure });
      });
      const answer = await resolveWith(server, "users", { timePasses: failure === "silence" });
      assertEquals(outcomeOf(answer), kept);
      assertEquals(foundOf(answer).unanswered.map(({ name, version }) => [name, version]), [[
        "users",
        gone,
      ]]);
      // It is not waited for beyond the try that runs.
      assertEquals(
        server.questions.filter((question) => question.startsWith(`${type} `)).length,
        1,
      );
    }
  });
}

Deno.test("resolver: a failure beside no data is the failure", async () => {
  await using server = FakeDnsServer.start((asked) =>
    reply(asked, asked.type === "A" ? { rcode: "SERVFAIL" } : {})
  );
  assertEquals(outcomeOf(await resolveWith(server, "users")), "the server failed (SERVFAIL)");
});

Deno.test("resolver: no data beside no such name is no data", async () => {
  await using server = FakeDnsServer.start((asked) =>
    reply(asked, asked.type === "A" ? { rcode: "NXDOMAIN" } : {})
  );
  assertEquals(outcomeOf(await resolveWith(server, "users")), "no addresses (no data)");
});

const SEARCH = "search default.svc svc\noptions ndots:5\n";

Deno.test("resolver: search domains complete a name until one has addresses", async () => {
  await using server = FakeDnsServer.start(answersOf({ "A users.svc": FOUR }));
  const answer = await resolveWith(server, "users", { conf: SEARCH });
  assertEquals(outcomeOf(answer), FOUR);
  assertEquals(foundOf(answer).endpoints[0]!.name, "users");
  assertEquals(server.questions.filter((question) => question.startsWith("A ")), [
    "A users.default.svc",
    "A users.svc",
  ]);
});

Deno.test("resolver: a dot at the end keeps search domains off", async () => {
  await using server = FakeDnsServer.start(answersOf({ "A users": FOUR }));
  assertEquals(outcomeOf(await resolveWith(server, "users.", { conf: SEARCH })), FOUR);
  assertEquals(server.asked.length, 2);
});

Deno.test("resolver: after a failure no other name is asked for, as that may be another service", async () => {
  await using server = FakeDnsServer.start((asked) =>
    asked.name === "users.default.svc"
      ? reply(asked, { rcode: "SERVFAIL" })
      : answersOf({ "A users.svc": ["10.9.9.9"] })(asked)
  );
  const answer = await resolveWith(server, "users", { conf: SEARCH });
  assertEquals(outcomeOf(answer), "the server failed (SERVFAIL)");
});

Deno.test("resolver: a name that exists nowhere is told so, and one without addresses otherwise", async () => {
  await using server = FakeDnsServer.start(answersOf({ "TXT users.svc": [] }));
  const conf = SEARCH;
  assertEquals(outcomeOf(await resolveWith(server, "users", { conf })), "no addresses (no data)");
  assertEquals(outcomeOf(await resolveWith(server, "shop", { conf })), "no such name (NXDOMAIN)");
});

Deno.test("resolver: addresses and localhost are known without asking", async () => {
  await using server = FakeDnsServer.start(() => undefined);
  assertEquals(outcomeOf(await resolveWith(server, "10.0.0.7")), ["10.0.0.7"]);
  assertEquals(outcomeOf(await resolveWith(server, "2001:db8::7")), ["2001:db8::7"]);
  assertEquals(outcomeOf(await resolveWith(server, "LocalHost.")), ["127.0.0.1", "::1"]);
  assertEquals(server.asked, []);
});

Deno.test("resolver: an abort ends the wait, with its reason, and leaves no socket", async () => {
  await using server = FakeDnsServer.start(() => undefined);
  const stopping = new AbortController();
  const answer = resolveWith(server, "users", { signal: stopping.signal });
  while (server.asked.length < 2) await delay(1);
  stopping.abort(new Error("stopped"));
  await assertRejects(() => answer, Error, "stopped");
});
