import { assertEquals } from "@std/assert";
import { type AccessEntry, jsonLine, textLine } from "../../lib/logging/access_log.ts";
import { answered, backendsOf, failed } from "../support/fakes.ts";

const [a, b] = backendsOf([1, 1]);

const ENTRY: AccessEntry = {
  time: new Date("2026-01-02T03:04:05.678Z"),
  clientAddress: "192.0.2.1",
  method: "GET",
  path: "/v?x=1",
  status: 200,
  milliseconds: 3.14159,
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
  path: "-",
  status: 400,
  milliseconds: 0,
  attempts: [],
  verdict: undefined,
  refused: "Host is missing",
};

const NOWHERE: AccessEntry = { ...ENTRY, status: 503, attempts: [], verdict: "attempts used up" };

const CUT: AccessEntry = { ...ENTRY, broken: 'the response "stalled"' };

const CUT_AFTER_RETRY: AccessEntry = { ...RETRIED, broken: "the client left" };

const CUT_FAILURE: AccessEntry = { ...FAILED, broken: "the client left" };

const HEAD = "2026-01-02T03:04:05.678Z 192.0.2.1";

for (
  const [what, entry, line] of [
    ["an answer", ENTRY, `${HEAD} GET /v?x=1 200 a:5000 3.1 ms`],
    [
      "an answer after a retry",
      RETRIED,
      `${HEAD} GET /v?x=1 200 b:5000 3.1 ms (a:5000 connection_refused)`,
    ],
    [
      "a failure",
      FAILED,
      `${HEAD} POST /v?x=1 502 - 3.1 ms (a:5000 connection_refused, b:5000 connection_terminated, may have been delivered)`,
    ],
    ["a refusal", REFUSED, `${HEAD} GET - 400 - 0.0 ms (Host is missing)`],
    [
      "a request without any backend",
      NOWHERE,
      `${HEAD} GET /v?x=1 503 - 3.1 ms (attempts used up)`,
    ],
    ["an answer cut short", CUT, `${HEAD} GET /v?x=1 200 a:5000 3.1 ms (cut short: ${CUT.broken})`],
    [
      "an answer after a retry, cut short",
      CUT_AFTER_RETRY,
      `${textLine(RETRIED).slice(0, -1)}, cut short: the client left)`,
    ],
    [
      "a failure whose client left",
      CUT_FAILURE,
      `${textLine(FAILED).slice(0, -1)}, cut short: the client left)`,
    ],
    [
      "an answer that is whole",
      { ...ENTRY, broken: undefined },
      `${HEAD} GET /v?x=1 200 a:5000 3.1 ms`,
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
};

for (
  const [what, entry, expected] of [
    ["an answer", ENTRY, {
      ...COMMON,
      status: 200,
      backend: "a:5000",
      ms: 3.142,
      attempts: [{ backend: "a:5000" }],
    }],
    ["an answer after a retry", RETRIED, {
      ...COMMON,
      status: 200,
      backend: "b:5000",
      ms: 3.142,
      attempts: [
        { backend: "a:5000", failure: "connection_refused", detail: "os error 111" },
        { backend: "b:5000" },
      ],
    }],
    ["a failure", FAILED, {
      ...COMMON,
      method: "POST",
      status: 502,
      backend: null,
      ms: 3.142,
      attempts: [
        { backend: "a:5000", failure: "connection_refused", detail: "os error 111" },
        { backend: "b:5000", failure: "connection_terminated", detail: 'say "why"\n' },
      ],
      verdict: "may have been delivered",
    }],
    ["a refusal", REFUSED, {
      ...COMMON,
      path: "-",
      status: 400,
      backend: null,
      ms: 0,
      attempts: [],
      refused: "Host is missing",
    }],
    ["a request without any backend", NOWHERE, {
      ...COMMON,
      status: 503,
      backend: null,
      ms: 3.142,
      attempts: [],
      verdict: "attempts used up",
    }],
    ["an answer cut short", CUT, {
      ...COMMON,
      status: 200,
      backend: "a:5000",
      ms: 3.142,
      attempts: [{ backend: "a:5000" }],
      broken: 'the response "stalled"',
    }],
    ["a failure whose client left", CUT_FAILURE, {
      ...COMMON,
      method: "POST",
      status: 502,
      backend: null,
      ms: 3.142,
      attempts: [
        { backend: "a:5000", failure: "connection_refused", detail: "os error 111" },
        { backend: "b:5000", failure: "connection_terminated", detail: 'say "why"\n' },
      ],
      verdict: "may have been delivered",
      broken: "the client left",
    }],
    ["an answer that is whole", { ...ENTRY, broken: undefined }, {
      ...COMMON,
      status: 200,
      backend: "a:5000",
      ms: 3.142,
      attempts: [{ backend: "a:5000" }],
    }],
  ] as const
) {
  Deno.test(`access log: ${what} as JSON, its keys always in one order`, () => {
    assertEquals(jsonLine(entry), JSON.stringify(expected));
  });
}

Deno.test("access log: whatever a client or a backend sent stays one line of valid JSON", () => {
  const nasty = 'a"b\\c\u0000\u0007\u001b[31m\r\n\u2028é';
  const entry: AccessEntry = {
    ...FAILED,
    path: nasty,
    attempts: [{ backend: a!, outcome: failed("http_protocol_error", nasty) }],
  };
  const line = jsonLine(entry);
  assertEquals(line.includes("\n"), false);
  const parsed = JSON.parse(line);
  assertEquals([parsed.path, parsed.attempts[0].detail], [nasty, nasty]);
});
