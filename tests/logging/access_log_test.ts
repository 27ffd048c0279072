import { assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import {
  type AccessEntry,
  demoLine,
  jsonLine,
  lineFormatter,
  textLine,
} from "../../lib/logging/access_log.ts";
import { anyText } from "../support/any_text.ts";
import { answered, backendsOf, failed } from "../support/fakes.ts";

const [a, b] = backendsOf([1, 1]);

const ENTRY: AccessEntry = {
  time: new Date("2026-01-02T03:04:05.678Z"),
  clientAddress: "192.0.2.1",
  peerAddress: "192.0.2.1",
  method: "GET",
  path: "/v?x=1",
  status: 200,
  bytes: 90,
  milliseconds: 3.14159,
  requestId: "0b5c-1",
  attempts: [{ backend: a!, outcome: answered("ok") }],
};

const RETRIED: AccessEntry = {
  ...ENTRY,
  attempts: [
    { backend: a!, outcome: failed("connection_refused", "os error 111") },
    { backend: b!, outcome: answered("ok") },
  ],
};

const FAILED: AccessEntry = {
  ...ENTRY,
  method: "POST",
  status: 502,
  attempts: [
    { backend: a!, outcome: failed("connection_refused", "os error 111") },
    { backend: b!, outcome: failed("connection_terminated", 'say "why"\n') },
  ],
  verdict: "may have been delivered",
};

const REFUSED: AccessEntry = {
  ...ENTRY,
  status: 400,
  milliseconds: 0,
  requestId: undefined,
  attempts: [],
  verdict: undefined,
  refused: "Host is missing",
};

const NOWHERE: AccessEntry = { ...ENTRY, status: 503, attempts: [], verdict: "attempts used up" };

const CUT: AccessEntry = { ...ENTRY, broken: 'the response "stalled"' };

const LEFT_DURING: AccessEntry = { ...RETRIED, status: 499, broken: "the client left" };

const LEFT_BEFORE: AccessEntry = { ...FAILED, status: 499, bytes: 0, broken: "the client left" };

const UNANSWERED: AccessEntry = {
  ...NOWHERE,
  status: 0,
  bytes: 0,
  broken: "the stop did not wait",
};

const PROXIED: AccessEntry = { ...ENTRY, peerAddress: "10.0.0.1" };

const START = "2026-01-02T03:04:05.678Z 192.0.2.1";
const MEASURES = "3.1 ms 90 B 0b5c-1";

for (
  const [what, entry, line] of [
    ["an answer", ENTRY, `${START} GET /v?x=1 200 a:5000 ${MEASURES}`],
    ["a client behind a proxy", PROXIED, `${START} GET /v?x=1 200 a:5000 ${MEASURES}`],
    [
      "an answer after a retry",
      RETRIED,
      `${START} GET /v?x=1 200 b:5000 ${MEASURES} (a:5000 connection_refused)`,
    ],
    [
      "a failure",
      FAILED,
      `${START} POST /v?x=1 502 - ${MEASURES} (a:5000 connection_refused, b:5000 connection_terminated, may have been delivered)`,
    ],
    [
      "what was asked for beside the rest",
      { ...RETRIED, route: "api", fields: { host: "a.test", user_agent: "curl/8 pool=x" } },
      `${START} GET /v?x=1 200 b:5000 ${MEASURES} route=api host=a.test user_agent=curl/8_pool=x (a:5000 connection_refused)`,
    ],
    ["a refusal", REFUSED, `${START} GET /v?x=1 400 - 0.0 ms 90 B - (Host is missing)`],
    [
      "a request without any backend",
      NOWHERE,
      `${START} GET /v?x=1 503 - ${MEASURES} (attempts used up)`,
    ],
    [
      "an answer cut short",
      CUT,
      `${START} GET /v?x=1 200 a:5000 ${MEASURES} (cut short: the response "stalled")`,
    ],
    [
      "an answer after a retry whose client left",
      LEFT_DURING,
      `${START} GET /v?x=1 499 b:5000 ${MEASURES} (a:5000 connection_refused, cut short: the client left)`,
    ],
    [
      "a failure whose client left",
      LEFT_BEFORE,
      `${START} POST /v?x=1 499 - 3.1 ms 0 B 0b5c-1 (a:5000 connection_refused, b:5000 connection_terminated, the client left)`,
    ],
    [
      "a request that was not answered",
      UNANSWERED,
      `${START} GET /v?x=1 000 - 3.1 ms 0 B 0b5c-1 (the stop did not wait)`,
    ],
  ] as const
) {
  Deno.test(`access log: ${what} as text`, () => assertEquals(textLine(entry), line));
}

const COMMON = {
  time: "2026-01-02T03:04:05.678Z",
  client: "192.0.2.1",
  method: "GET",
  path: "/v?x=1",
  status: 200,
  backend: "a:5000" as string | null,
  bytes: 90,
  ms: 3.142,
  request_id: "0b5c-1" as string | null,
  attempts: [{ backend: "a:5000" }] as unknown[],
};
const REFUSED_BY_A = { backend: "a:5000", failure: "connection_refused", detail: "os error 111" };
const BROKEN_BY_B = {
  backend: "b:5000",
  failure: "connection_terminated",
  detail: 'say "why"\n',
};
const { time, client, ...rest } = COMMON;
const { attempts: _, ...WITHOUT_ATTEMPTS } = COMMON;

for (
  const [what, entry, expected] of [
    ["an answer", ENTRY, COMMON],
    ["a client behind a proxy", PROXIED, { time, client, peer: "10.0.0.1", ...rest }],
    ["what was asked for beside the rest", { ...ENTRY, fields: { host: "a.test", user: "ops" } }, {
      ...WITHOUT_ATTEMPTS,
      host: "a.test",
      user: "ops",
      attempts: COMMON.attempts,
    }],
    ["an answer after a retry", RETRIED, {
      ...COMMON,
      backend: "b:5000",
      attempts: [REFUSED_BY_A, { backend: "b:5000" }],
    }],
    ["a failure", FAILED, {
      ...COMMON,
      method: "POST",
      status: 502,
      backend: null,
      attempts: [REFUSED_BY_A, BROKEN_BY_B],
      verdict: "may have been delivered",
    }],
    ["a refusal", REFUSED, {
      ...COMMON,
      status: 400,
      backend: null,
      ms: 0,
      request_id: null,
      attempts: [],
      refused: "Host is missing",
    }],
    ["a request without any backend", NOWHERE, {
      ...COMMON,
      status: 503,
      backend: null,
      attempts: [],
      verdict: "attempts used up",
    }],
    ["an answer cut short", CUT, { ...COMMON, broken: 'the response "stalled"' }],
    ["a failure whose client left", LEFT_BEFORE, {
      ...COMMON,
      method: "POST",
      status: 499,
      backend: null,
      bytes: 0,
      attempts: [REFUSED_BY_A, BROKEN_BY_B],
      verdict: "may have been delivered",
      broken: "the client left",
    }],
    ["a request that was not answered", UNANSWERED, {
      ...COMMON,
      status: 0,
      backend: null,
      bytes: 0,
      attempts: [],
      verdict: "attempts used up",
      broken: "the stop did not wait",
    }],
  ] as const
) {
  Deno.test(`access log: ${what} as JSON, its keys always in one order`, () => {
    assertEquals(jsonLine(entry), JSON.stringify(expected));
  });
}

const NAMES = new Map([["a:5000", "users-1"], ["b:5000", "users-2"]]);

for (
  const [what, entry, line] of [
    ["an answer", ENTRY, "GET /v?x=1 200 from users-1 in 3.1 ms"],
    [
      "an answer after a retry",
      RETRIED,
      "GET /v?x=1 200 (users-1 connection_refused) from users-2 in 3.1 ms",
    ],
    ["a refusal", REFUSED, "GET /v?x=1 400 in 0.0 ms: Host is missing"],
    ["a request without any backend", NOWHERE, "GET /v?x=1 503 in 3.1 ms: attempts used up"],
    [
      "a client that left",
      LEFT_DURING,
      "GET /v?x=1 499 (users-1 connection_refused) from users-2 in 3.1 ms: cut short: the client left",
    ],
  ] as const
) {
  Deno.test(`access log: ${what} in the demo`, () => assertEquals(demoLine(entry, NAMES), line));
}

/** An entry all of whose texts are the same one. */
function entryOf(text: string): AccessEntry {
  return {
    ...FAILED,
    clientAddress: text,
    peerAddress: `${text}:`,
    method: text,
    path: text,
    requestId: text,
    fields: { user_agent: text || "-" },
    attempts: [{ backend: a!, outcome: failed("http_protocol_error", text) }],
    verdict: undefined,
    refused: text,
  };
}

const ANY = fc.oneof(
  anyText(),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
);

Deno.test("access log: whatever clients and backends say, each format has one line of printable ASCII", () => {
  fc.assert(fc.property(ANY, (text) => {
    for (const format of ["text", "json", { names: NAMES }] as const) {
      assertMatch(lineFormatter(format)(entryOf(text)), /^[\x20-\x7e]+$/);
    }
  }));
});

Deno.test("access log: whatever clients and backends say, a text line has the same number of fields", () => {
  fc.assert(fc.property(ANY, (text) => {
    const fields = /^\S+ \S+ \S+ \S+ \d{3} \S+ [\d.]+ ms \d+ B \S+ user_agent=\S+ \(.*\)$/;
    assertMatch(textLine(entryOf(text)), fields);
  }));
});

Deno.test("access log: whatever clients and backends say, it can be read back from JSON", () => {
  fc.assert(fc.property(ANY, (text) => {
    const { client, peer, method, path, request_id, attempts, refused } = JSON.parse(
      jsonLine(entryOf(text)),
    );
    assertEquals(
      [client, peer, method, path, request_id, attempts[0].detail, refused],
      [text, `${text}:`, text, text, text, text, text],
    );
  }));
});
