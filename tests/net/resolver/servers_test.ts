/** Several servers, one after the other. */
import { assert, assertEquals } from "@std/assert";
import { askServers } from "../../../lib/net/resolver/ask_servers.ts";
import type { Failure } from "../../../lib/net/resolver/failure.ts";
import { readAddresses } from "../../../lib/net/resolver/records.ts";
import { formatServer } from "../../../lib/net/resolver/question.ts";
import { answersOf, FakeDnsServer, reply, type Script } from "../../support/fake_dns_server.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { waitFor } from "../../support/resolving.ts";

const GOOD = answersOf({ "A users": ["10.0.0.1"] });

async function askBoth(first: Script, second: Script) {
  await using one = FakeDnsServer.start(first);
  await using other = FakeDnsServer.start(second);
  const clock = new ManualClock();
  const answering = askServers({ name: "users", type: "A" }, readAddresses, {
    servers: [one.address, other.address],
    wheel: clock.wheel,
    timeoutMs: 2_000,
    signal: new AbortController().signal,
  });
  const { result: answer, tookMs } = await waitFor(answering, clock, [one, other]);
  const names = [formatServer(one.address), formatServer(other.address)];
  return { answer, tookMs, names, asked: [one.asked.length, other.asked.length] };
}

Deno.test("servers: one that does not answer is asked twice, then the next one", async () => {
  const { answer, asked, tookMs } = await askBoth(() => undefined, GOOD);
  assertEquals([answer, asked], [{ data: ["10.0.0.1"], ttlMs: 60_000 }, [2, 1]]);
  assert(tookMs >= 4_000 && tookMs < 5_000, `${tookMs}`);
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

Deno.test("servers: if all fail, the failure names those that failed in the last way", async () => {
  const silent = await askBoth(() => undefined, () => undefined);
  assertEquals(silent.answer, { kind: "silence", detail: "4 s", servers: silent.names });
  const mixed = await askBoth(() => undefined, (asked) => reply(asked, { rcode: "REFUSED" }));
  const servers = mixed.names.slice(1);
  assertEquals(mixed.answer, { kind: "refused", detail: "REFUSED", servers });
});

Deno.test("servers: one that cannot be asked is named with the reason", async () => {
  const clock = new ManualClock();
  const answer = await askServers({ name: "users", type: "A" }, readAddresses, {
    servers: [{ hostname: "127.0.0.1", port: 0 }], // to which nothing can be sent
    wheel: clock.wheel,
    timeoutMs: 2_000,
    signal: new AbortController().signal,
  });
  const { kind, servers, detail } = answer as Failure;
  assertEquals([kind, servers], ["not_asked", ["127.0.0.1:0"]]);
  assert(detail !== "");
});
