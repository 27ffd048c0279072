import { assertEquals } from "@std/assert";
import { allHold, conditionsOf, type Match } from "../../lib/routing/conditions.ts";
import { loadConditionTools } from "../../lib/routing/tools.ts";
import { facts, type WrittenRequest } from "../support/routing.ts";

const TOOLS = await loadConditionTools([
  { client: ["10.0.0.1"], headers: { a: { matches: "b" } } },
]);

/** Why a request does not fit; undefined if it does. */
function refusalOf(match: Match, request: WrittenRequest): string | undefined {
  const conditions = conditionsOf(match, TOOLS);
  const written = facts(request);
  const broken = conditions.find(({ holds }) => !holds(written));
  assertEquals(allHold(conditions, written), broken === undefined);
  return broken?.explain(written);
}

const CASES: readonly (readonly [match: Match, request: WrittenRequest, refusal?: string])[] = [
  [{}, {}],
  [{ methods: ["GET"] }, { method: "HEAD" }],
  [{ methods: ["HEAD"] }, { method: "GET" }, "has the method GET, not HEAD"],
  [{ methods: ["GET", "PUT"] }, { method: "POST" }, "has the method POST, not GET or PUT"],
  [{ methods: ["GET"] }, { method: "get" }, "has the method get, not GET"],
  [{ listener: ["a", "b"] }, { listener: "b" }],
  [{ listener: ["a"] }, { listener: "c" }, "came in at the listener c, not at a"],
  [{ client: ["10.0.0.0/8"] }, { client: "10.1.2.3" }],
  [
    { client: ["10.0.0.0/8"] },
    { client: "::ffff:11.1.2.3" },
    "comes from ::ffff:11.1.2.3, not from 10.0.0.0/8",
  ],
  [{ client: ["2001:db8::/32"] }, { client: "2001:db8:1::1" }],
  [{ client: ["10.0.0.0/8"] }, { client: "unknown" }, "comes from unknown, not from 10.0.0.0/8"],
  [{ headers: { "X-A": { equals: "1" } } }, { headers: { "x-a": "1" } }],
  [
    { headers: { "X-A": { equals: "1" } } },
    { headers: { "x-a": "2" } },
    "has another value of the header X-A",
  ],
  [{ headers: { "X-A": { equals: "1" } } }, {}, "has no header X-A"],
  [{ headers: { "X-A": { equals: "" } } }, { headers: { "x-a": "" } }],
  [{ headers: { "X-A": { present: true } } }, { headers: { "x-a": "" } }],
  [{ headers: { "X-A": { present: true } } }, {}, "has no header X-A"],
  [{ headers: { "X-A": { present: false } } }, {}],
  [{ headers: { "X-A": { present: false } } }, { headers: { "x-a": "" } }, "has the header X-A"],
  [{ headers: { "X-A": { matches: "^t[0-9]$" } } }, { headers: { "x-a": "t1" } }],
  [
    { headers: { "X-A": { matches: "^t$" } } },
    { headers: { "x-a": "s" } },
    "has a header X-A that does not match",
  ],
  [{ query: { v: { equals: "2" } } }, { path: "/?v=2" }],
  [
    { query: { v: { equals: "2" } } },
    { path: "/?v=1" },
    "has another value of the query parameter v",
  ],
  [{ query: { v: { present: true } } }, { path: "/" }, "has no query parameter v"],
  [{ query: { v: { matches: "" } } }, { path: "/?v" }],
];

for (const [match, request, refusal] of CASES) {
  const what = `${JSON.stringify(match)} and ${JSON.stringify(request)}`;
  Deno.test(`conditions: ${what}: ${refusal ?? "all hold"}`, () => {
    assertEquals(refusalOf(match, request), refusal);
  });
}

Deno.test("conditions: an expression that would take a backtracking matcher forever is quick", () => {
  const match: Match = { headers: { a: { matches: "^(a+)+$" } } };
  const startedAt = performance.now();
  refusalOf(match, { headers: { a: `${"a".repeat(1_000)}!` } });
  assertEquals(performance.now() - startedAt < 5_000, true);
});

Deno.test("conditions: what no route uses is not loaded, and asking for it is a fault", async () => {
  const tools = await loadConditionTools([{ methods: ["GET"] }]);
  for (const match of [{ client: ["10.0.0.1"] }, { query: { a: { matches: "b" } } }]) {
    let message = "";
    try {
      conditionsOf(match, tools);
    } catch (error) {
      message = (error as Error).message;
    }
    assertEquals(message, "Cannot compile a condition that no match had");
  }
});
