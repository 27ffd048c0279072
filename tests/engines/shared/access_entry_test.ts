import { assertEquals } from "@std/assert";
import {
  createDescribe,
  type Ending,
  finishedEntry,
  type LoggedFacts,
  type LoggedRequest,
  refusedEntry,
} from "../../../lib/engines/shared/access_entry.ts";
import {
  CLIENT_BROKE_OFF,
  CLIENT_GONE,
  CLIENT_STALLED,
  CUT_OFF,
  STALLED,
} from "../../../lib/engines/shared/failures.ts";
import { type Failed, failed } from "../../../lib/outcome.ts";
import type { Result } from "../../../lib/proxy.ts";
import { answered, backendsOf } from "../../support/fakes.ts";

const REQUEST: LoggedRequest = {
  clientAddress: "192.0.2.1",
  peerAddress: "10.0.0.1",
  method: "GET",
  path: "/v?x",
  requestId: "id",
};
const FACTS: LoggedFacts = {
  clientAddress: "10.0.0.1",
  method: "GET",
  path: "/v?x",
  requestId: "id",
  host: "a.test",
  listener: "http",
  header: () => undefined,
};
const NOW = 1_700_000_000_000;
const ENDING: Ending = { status: 200, broken: undefined, bytes: 5, milliseconds: 1_500 };

const failure = (outcome: Failed): Result<unknown> => ({
  kind: "failed",
  outcome,
  verdict: "attempts used up",
  attempts: [],
});
const [backend] = backendsOf([1]);
const ANSWER: Result<unknown> = {
  kind: "answered",
  outcome: answered("ok"),
  backend: backend!,
  attempts: [{ backend: backend!, outcome: answered("ok") }],
};

Deno.test("access entry: a finished request is dated when it arrived", () => {
  const result = failure(failed("dns_error", "x"));
  assertEquals(finishedEntry(REQUEST, result, { ...ENDING, status: 503 }, NOW), {
    time: new Date(NOW - 1_500),
    ...REQUEST,
    status: 503,
    bytes: 5,
    milliseconds: 1_500,
    attempts: [],
    verdict: "attempts used up",
    broken: undefined,
  });
});

Deno.test("access entry: a refused request is dated when it arrived, and has no attempts", () => {
  const refusal = { status: 405, reason: "why" };
  assertEquals(refusedEntry(REQUEST, refusal, { bytes: 9, milliseconds: 20 }, NOW), {
    time: new Date(NOW - 20),
    ...REQUEST,
    status: 405,
    bytes: 9,
    milliseconds: 20,
    attempts: [],
    refused: "why",
  });
});

for (
  const [what, result, broken, status, reason] of [
    ["an answer", ANSWER, undefined, 200, undefined],
    ["an answer whose client left", ANSWER, CLIENT_GONE, 499, "the client left"],
    ["an answer that stalled", ANSWER, STALLED, 200, "the response stalled"],
    ["an answer that the stop cut off", ANSWER, CUT_OFF, 200, CUT_OFF.detail],
    ["a failure", failure(STALLED), undefined, 200, undefined],
    ["a failure because the client left", failure(CLIENT_GONE), undefined, 499, "the client left"],
    [
      "the same, found before any byte was sent",
      failure({ ...CLIENT_GONE, neverLeft: true }),
      undefined,
      499,
      "the client left",
    ],
    [
      "a failure because the client broke off its upload",
      failure(CLIENT_BROKE_OFF),
      undefined,
      499,
      "the client broke off its request's body",
    ],
    ["a failure because the upload stalled", failure(CLIENT_STALLED), undefined, 200, undefined],
    [
      "a failure whose reply the client did not take",
      failure(STALLED),
      CLIENT_GONE,
      499,
      "the client left",
    ],
    ["a request that the stop cut off", failure(CLIENT_GONE), CUT_OFF, 200, CUT_OFF.detail],
  ] as const
) {
  Deno.test(`access entry: ${what} has the status ${status} and the reason "${reason}"`, () => {
    const entry = finishedEntry(REQUEST, result, { ...ENDING, broken }, NOW);
    assertEquals([entry.status, entry.broken], [status, reason]);
  });
}

Deno.test("access entry: a trusted peer is named beside the client", () => {
  const header = (name: string) => name === "x-forwarded-for" ? "192.0.2.1" : undefined;
  const facts = { ...FACTS, header };
  assertEquals(createDescribe((address) => address === "10.0.0.1", [])(facts), REQUEST);
  assertEquals(createDescribe(() => false, [])(facts), { ...REQUEST, clientAddress: "10.0.0.1" });
});

Deno.test("access entry: it has those fields that were asked for and that the request has, in one order", () => {
  const describe = createDescribe(() => false, ["referer", "user_agent", "user", "host"]);
  const header = (name: string) =>
    name === "user-agent" ? "curl/8" : name === "referer" ? "" : undefined;
  const { fields } = describe({ ...FACTS, user: "ops", header });
  assertEquals(Object.entries(fields!), [["host", "a.test"], ["user", "ops"], [
    "user_agent",
    "curl/8",
  ]]);
});

Deno.test("access entry: a field that a client made long is cut off", () => {
  const describe = createDescribe(() => false, ["user_agent"]);
  const { fields } = describe({ ...FACTS, header: () => "x".repeat(9_000) });
  assertEquals(fields, { user_agent: "x".repeat(512) });
});
