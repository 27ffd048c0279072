import { assertEquals } from "@std/assert";
import type { AccessEntry } from "../../lib/logging/access_log.ts";
import { isLogged, type LogChoice, withoutQuery } from "../../lib/logging/log_choice.ts";

const ALL: LogChoice = { query: "all", sample: Infinity, slow: Infinity };

function entry(given: Partial<AccessEntry> = {}): AccessEntry {
  return {
    time: new Date(0),
    clientAddress: "192.0.2.1",
    peerAddress: "192.0.2.1",
    method: "GET",
    path: "/",
    status: 200,
    bytes: 0,
    milliseconds: 5,
    requestId: undefined,
    attempts: [],
    ...given,
  };
}

for (
  const [path, query, shown] of [
    ["/a?b=1&c=2", "all", "/a?b=1&c=2"],
    ["/a?b=1&c=2", "off", "/a"],
    ["/a?b=1&c=2", "names", "/a?b=*&c=*"],
    ["/a?b=1=2&c&d=", "names", "/a?b=*&c&d=*"],
    ["/a?secret", "names", "/a?secret"],
    ["/a?b=1?c=2", "names", "/a?b=*"],
    ["/a", "off", "/a"],
    ["/a?", "off", "/a"],
  ] as const
) {
  Deno.test(`log choice: with "query": "${query}" ${path} is shown as ${shown}`, () => {
    assertEquals(withoutQuery(entry({ path }), { ...ALL, query }).path, shown);
  });
}

Deno.test("log choice: of the page that a request came from, no more of the query is shown", () => {
  const fields = { host: "a.test?b=1", referer: "http://b.test/?q=1&r" };
  const shown = (["all", "names", "off"] as const).map((query) =>
    withoutQuery(entry({ fields }), { ...ALL, query }).fields
  );
  assertEquals(shown, [
    fields,
    { ...fields, referer: "http://b.test/?q=*&r" },
    { ...fields, referer: "http://b.test/" },
  ]);
});

for (
  const [what, given, logged] of [
    ["a good request", {}, false],
    ["a redirect", { status: 301 }, false],
    ["a client's error", { status: 404 }, true],
    ["a backend's error", { status: 500 }, true],
    ["a client that got nothing", { status: 0 }, true],
    ["a request that was refused", { refused: "x" }, true],
    ["a response that broke off", { broken: "x" }, true],
    ["a slow request", { milliseconds: 1000 }, true],
  ] as const
) {
  Deno.test(`log choice: with a sample of 0 % ${what} ${logged ? "is" : "is not"} logged`, () => {
    const choice = { ...ALL, sample: 0, slow: 1000 };
    assertEquals(isLogged(entry(given), choice, () => 0), logged);
    assertEquals(isLogged(entry(given), ALL, () => 0), true);
  });
}

Deno.test("log choice: a sample is that share of the good requests", () => {
  const choice = { ...ALL, sample: 0.25 };
  const random = Array.from({ length: 100 }, (_, i) => i / 100).values();
  const logged = Array.from(
    { length: 100 },
    () => isLogged(entry(), choice, () => random.next().value!),
  );
  assertEquals(logged.filter(Boolean).length, 25);
});
