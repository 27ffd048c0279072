import { assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { type FailureKind, FAILURES, overLimit } from "../lib/outcome.ts";
import { isIdempotent, judge, type Verdict } from "../lib/retry.ts";
import { facts, failed } from "./support/fakes.ts";

const KINDS = Object.keys(FAILURES) as FailureKind[];

/** RFC 9110, 9.2.2, written out again on purpose: the list of the rule is under test. */
const IDEMPOTENT = [
  "GET",
  "HEAD",
  "OPTIONS",
  "PUT",
  "DELETE",
  "TRACE",
  "PROPFIND",
  "REPORT",
  "SEARCH",
];
const OTHERS = ["POST", "PATCH", "CONNECT", "LOCK", "MKCOL", "M-SEARCH", "get", "Put", "", "X"];

/** Failures after which a request has certainly not left: written out again on purpose, too. */
const NEVER_LEFT = [
  "destination_unavailable",
  "dns_error",
  "destination_ip_unroutable",
  "connection_refused",
  "connection_timeout",
  "tls_certificate_error",
  "tls_protocol_error",
  "connection_limit_reached",
];

Deno.test("retry: each failure says whether the request may have left", () => {
  assertEquals(KINDS.filter((kind) => !FAILURES[kind].mayHaveLeft), NEVER_LEFT);
});

for (const method of [...IDEMPOTENT, ...OTHERS]) {
  const idempotent = IDEMPOTENT.includes(method);

  Deno.test(`retry: "${method}" is ${idempotent ? "" : "not "}idempotent`, () => {
    assertEquals(isIdempotent(method), idempotent);
  });

  Deno.test(`retry: "${method}" is retried or not after each failure`, () => {
    const left: Verdict = idempotent ? "retry" : "may have been delivered";
    const expected = KINDS.map((kind): [FailureKind, Verdict] => {
      if (kind === "http_request_error") return [kind, "request body at fault"];
      return [kind, NEVER_LEFT.includes(kind) ? "retry" : left];
    });
    const request = facts({ method });
    const verdicts = KINDS.map((kind) => [kind, judge(request, failed(kind), 1, 3)]);
    assertEquals(verdicts, expected);
  });
}

for (const neverLeft of [true, false]) {
  for (const method of ["POST", "PATCH", "CONNECT", "get"]) {
    const when = neverLeft
      ? "retried after any failure if it never left"
      : "not retried after any failure if it may have left";

    Deno.test(`retry: "${method}" is ${when}`, () => {
      for (const kind of KINDS.filter((kind) => kind !== "http_request_error")) {
        const outcome = { ...failed(kind), neverLeft };
        const verdict = judge(facts({ method }), outcome, 1, 3);
        assertEquals(verdict, neverLeft ? "retry" : "may have been delivered", kind);
      }
    });
  }
}

Deno.test("retry: a request that never left is still not retried for other reasons", () => {
  const outcome = { ...failed("connection_terminated"), neverLeft: true };
  for (
    const [given, attempt, verdict] of [
      [{ clientGone: true }, 1, "client gone"],
      [{ bodySpent: true }, 1, "body already sent"],
      [{}, 3, "attempts used up"],
      [{}, 2, "retry"],
    ] as const
  ) {
    assertEquals(judge(facts({ method: "POST", ...given }), outcome, attempt, 3), verdict);
  }
  const faulty = { ...failed("http_request_error"), neverLeft: true };
  assertEquals(judge(facts({ method: "POST" }), faulty, 1, 3), "request body at fault");
});

Deno.test("retry: a response over a limit of ours is not asked for again, whatever the method", () => {
  const outcome = overLimit("http_response_header_section_size", "limits.headerLines", "");
  for (const method of ["GET", "POST"]) {
    assertEquals(judge(facts({ method }), outcome, 1, 3), "over limits.headerLines");
  }
  assertEquals(judge(facts({ clientGone: true }), outcome, 1, 3), "client gone");
});

Deno.test("retry: a request whose client has left is not retried", () => {
  for (const kind of KINDS) {
    const request = facts({ clientGone: true, bodySpent: true });
    assertEquals(judge(request, failed(kind), 1, 3), "client gone");
  }
});

Deno.test("retry: a request whose body is no longer kept is not retried", () => {
  const request = facts({ method: "PUT", bodySpent: true });
  assertEquals(judge(request, failed("connection_refused"), 1, 3), "body already sent");
  assertEquals(judge(request, failed("connection_terminated"), 1, 3), "body already sent");
});

for (
  const [attempt, most, verdict] of [
    [1, 1, "attempts used up"],
    [1, 2, "retry"],
    [2, 2, "attempts used up"],
    [3, 2, "attempts used up"],
    [1000, Infinity, "retry"],
  ] as const
) {
  Deno.test(`retry: attempt ${attempt} of at most ${most}: ${verdict}`, () => {
    assertEquals(judge(facts(), failed("connection_refused"), attempt, most), verdict);
  });
}

const ANY_REQUEST = fc.record({
  method: fc.oneof(fc.constantFrom(...IDEMPOTENT, ...OTHERS), fc.string()),
  bodySpent: fc.boolean(),
  clientGone: fc.boolean(),
});
const ATTEMPTS = fc.integer({ min: 1, max: 20 });

Deno.test("retry: a request that may have left is retried only if its method is idempotent", () => {
  const mayHaveLeft = KINDS.filter((kind) => !NEVER_LEFT.includes(kind));
  fc.assert(fc.property(
    ANY_REQUEST.filter(({ method }) => !IDEMPOTENT.includes(method)),
    fc.constantFrom(...mayHaveLeft),
    ATTEMPTS,
    ATTEMPTS,
    (request, kind, attempt, most) => {
      assertNotEquals(judge(facts(request), failed(kind), attempt, most), "retry");
    },
  ));
});

Deno.test("retry: a request is not retried beyond its attempts, without its body or without its client", () => {
  fc.assert(fc.property(
    ANY_REQUEST,
    fc.constantFrom(...KINDS),
    ATTEMPTS,
    ATTEMPTS,
    (request, kind, attempt, most) => {
      const verdict = judge(facts(request), failed(kind), attempt, most);
      const possible = attempt < most && !request.bodySpent && !request.clientGone;
      if (!possible) assertNotEquals(verdict, "retry");
    },
  ));
});
