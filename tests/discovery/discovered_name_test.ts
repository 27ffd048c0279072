import { assertEquals } from "@std/assert";
import { DiscoveredName } from "../../lib/discovery/discovered_name.ts";
import type { FailureKind } from "../../lib/net/resolver/failure.ts";
import { foundAnswer, noNews } from "../support/discovering.ts";

/** A name, and the time that passes between its resolutions. */
class Scene {
  readonly name = new DiscoveredName();
  now = 0;
  pauseMs = 0;
  readonly reports: string[] = [];

  /** Waits for the next resolution, and gives it an answer: `ab`, or a kind of failure. */
  answer(text: string, ttlMs = 60_000): this {
    this.now += this.pauseMs;
    this.name.start(this.now);
    const isFailure = /_|fail|domain|silence|garbage|refused/.test(text);
    const answer = isFailure ? noNews(text as FailureKind) : foundAnswer([...text], ttlMs);
    const taken = this.name.take(answer, { now: this.now, maxAgeMs: 5_000, random: 0 });
    this.pauseMs = taken.pauseMs;
    if (taken.report !== undefined) {
      this.reports.push(taken.report === "recovered" ? "recovered" : taken.report.problem);
    }
    return this;
  }

  get addresses(): string {
    return this.name.endpoints.map(({ address }) => address).join("");
  }
}

for (
  const kind of [
    "nxdomain",
    "no_data",
    "servfail",
    "refused",
    "other_rcode",
    "silence",
    "garbage",
    "not_asked",
  ] as const
) {
  Deno.test(`discovered name: ${kind} is no news, however long it lasts`, () => {
    const scene = new Scene().answer("ab");
    for (let i = 0; i < 10_000; i++) scene.answer(kind);
    assertEquals(scene.addresses, "ab");
    assertEquals(scene.pauseMs, 5_000);
    scene.answer("ac");
    assertEquals([scene.addresses, scene.name.problem], ["abc", undefined]);
  });
}

Deno.test("discovered name: a failure between two answers that lack an address changes nothing of that", () => {
  assertEquals(new Scene().answer("ab").answer("a").answer("servfail").answer("a").addresses, "a");
});

Deno.test("discovered name: what is gone is asked about again in a second, and has left within six", () => {
  const scene = new Scene().answer("ab").answer("a");
  assertEquals([scene.now, scene.pauseMs], [5_000, 1_000]);
  scene.answer("a");
  assertEquals([scene.now, scene.addresses, scene.pauseMs], [6_000, "a", 5_000]);
});

Deno.test("discovered name: a server that leaves out others each time is not asked every second for that", () => {
  const scene = new Scene().answer("abc");
  const pauses = ["ab", "bc", "ca", "ab", "bc"].map((text) => scene.answer(text).pauseMs);
  assertEquals([pauses, scene.addresses], [[1_000, 5_000, 1_000, 5_000, 1_000], "abc"]);
});

Deno.test("discovered name: a TTL below the age that is allowed counts", () => {
  assertEquals(new Scene().answer("a", 2_000).pauseMs, 2_000);
});

Deno.test("discovered name: a failed connect asks for it at once, but a second after the last one", () => {
  const name = new DiscoveredName();
  name.start(1_000);
  name.take(foundAnswer(["a"], 60_000), { now: 1_400, maxAgeMs: 5_000, random: 0 });
  assertEquals([1_400, 1_999, 2_000, 3_000].map((now) => name.connectFailed(now)), [600, 1, 0, 0]);
});

Deno.test("discovered name: a problem is reported with what it leaves in use, then its end", () => {
  const scene = new Scene().answer("silence").answer("abc").answer("silence").answer("silence");
  assertEquals(scene.name.problem, "DNS server 10.0.0.2:53: no answer within 4 s");
  scene.answer("abc");
  assertEquals(scene.reports, [
    "DNS server 10.0.0.2:53: no answer within 4 s; no address is known yet",
    "recovered",
  ]);
  for (let i = 0; i < 3; i++) scene.answer("refused");
  assertEquals(
    scene.reports.slice(2),
    ["DNS server 10.0.0.2:53: the server refused to answer (REFUSED); the 3 known addresses stay in use"],
  );
});

Deno.test("discovered name: an answer of which a part is missing is a problem, and is used", () => {
  const name = new DiscoveredName();
  const { failure } = noNews("servfail");
  const part = {
    ...foundAnswer(["10.0.0.1"], 60_000),
    unanswered: [{ name: "users", version: 6, failure: { ...failure, subject: "AAAA records" } }],
  } as const;
  const taken = name.take(part, { now: 0, maxAgeMs: 5_000, random: 0 });
  assertEquals(taken, {
    isChanged: true,
    pauseMs: 5_000,
    report: {
      problem: "DNS server 10.0.0.2:53: AAAA records: the server failed (SERVFAIL); " +
        "the known address stays in use",
      isPartial: true,
    },
  });
});

Deno.test("discovered name: more addresses than are used are a problem", () => {
  const name = new DiscoveredName();
  const cut = { ...foundAnswer(["a"], 60_000), isCut: true };
  name.take(cut, { now: 0, maxAgeMs: 5_000, random: 0 });
  assertEquals(name.problem, "more than 1000 addresses");
});
