import { assertEquals } from "@std/assert";
import { assessAttempt, assessResponse, type Finding } from "../../lib/health/blame.ts";
import { type Failed, type FailureKind, overLimit } from "../../lib/outcome.ts";
import type { RequestFacts } from "../../lib/request_facts.ts";
import { answered, facts, failed } from "../support/fakes.ts";

/** `failed`, `unreachable` or the kind of any other finding, and the reason if there is one. */
function show(finding: Finding | undefined): string {
  if (finding === undefined) return "nothing";
  if (finding.kind !== "failed") return finding.kind;
  return `${finding.unreachable ? "unreachable" : "failed"}, ${finding.reason}`;
}

/** Written out again on purpose: the table of failures is under test, too. */
const BY_FAILURE: Record<FailureKind, "unreachable" | "failed" | "inconclusive"> = {
  destination_unavailable: "unreachable",
  dns_error: "unreachable",
  destination_ip_unroutable: "unreachable",
  connection_refused: "unreachable",
  connection_timeout: "unreachable",
  tls_certificate_error: "unreachable",
  tls_protocol_error: "unreachable",
  connection_limit_reached: "inconclusive",
  connection_terminated: "failed",
  http_protocol_error: "failed",
  http_response_header_section_size: "inconclusive",
  http_response_trailer_section_size: "inconclusive",
  http_response_timeout: "failed",
  http_request_error: "inconclusive",
  proxy_internal_error: "inconclusive",
};

for (const [failure, expected] of Object.entries(BY_FAILURE) as [FailureKind, string][]) {
  const reason = expected === "inconclusive" ? "" : `, ${failure}: why`;

  Deno.test(`blame: an attempt that ends in ${failure} shows: ${expected}`, () => {
    const finding = assessAttempt(facts(), failed(failure, "why"), 1, false);
    assertEquals(show(finding), expected + reason);
  });

  Deno.test(`blame: an attempt that ends in ${failure} shows nothing if the client has left`, () => {
    const finding = assessAttempt(facts({ clientGone: true }), failed(failure), 1, false);
    assertEquals(show(finding), "inconclusive");
  });
}

for (
  const [failure, expected] of [
    ["connection_terminated", "failed, connection_terminated: why"],
    ["http_protocol_error", "failed, http_protocol_error: why"],
    ["http_response_timeout", "failed, http_response_timeout: why"],
    ["http_request_error", "nothing"],
    ["proxy_internal_error", "nothing"],
  ] as const
) {
  Deno.test(`blame: a response that is cut short by ${failure} shows: ${expected}`, () => {
    assertEquals(show(assessResponse(answered("ok"), failed(failure, "why"), false)), expected);
  });
}

Deno.test("blame: a response over a limit of ours shows nothing, whatever the failure is called", () => {
  const outcome = overLimit("http_protocol_error", "599", "status 999");
  assertEquals(show(assessAttempt(facts(), outcome, 1, true)), "inconclusive");
  assertEquals(show(assessResponse(answered("ok"), outcome, true)), "nothing");
});

Deno.test("blame: a failure that is said to be inconclusive shows nothing", () => {
  const failure: Failed = { ...failed("connection_terminated", "why"), inconclusive: true };
  assertEquals(show(assessAttempt(facts(), failure, 1, false)), "inconclusive");
  assertEquals(show(assessResponse(answered("ok"), failure, false)), "nothing");
});

const LATE = failed("http_response_timeout", "late");
const NEVER_LEFT: Failed = { ...LATE, neverLeft: true };

for (
  const [what, given, outcome, number, expected] of [
    ["a first attempt is the backend's failure", {}, LATE, 1, "failed"],
    ["a second attempt had less than all of the time", {}, LATE, 2, "inconclusive"],
    ["an upload took some of the time", { hasUpload: true }, LATE, 1, "inconclusive"],
    ["a request that never left had no time", {}, NEVER_LEFT, 1, "inconclusive"],
  ] as const satisfies (readonly [string, Partial<RequestFacts>, Failed, number, string])[]
) {
  Deno.test(`blame: after REQUEST_TIMEOUT ${what}`, () => {
    const request = facts({ expired: true, ...given });
    assertEquals(assessAttempt(request, outcome, number, false).kind, expected);
  });

  Deno.test(`blame: before REQUEST_TIMEOUT a slow backend is at fault, even if ${what}`, () => {
    assertEquals(assessAttempt(facts(given), outcome, number, false).kind, "failed");
  });
}

Deno.test("blame: a connection that broke before the request left had been made", () => {
  const outcome: Failed = { ...failed("connection_terminated", "x"), neverLeft: true };
  const finding = assessAttempt(facts(), outcome, 1, false);
  assertEquals(show(finding), "failed, connection_terminated: x");
});

for (
  const [status, ejectOn5xx, atFirst, atEnd] of [
    [200, false, "answered", "completed"],
    [499, true, "answered", "completed"],
    [500, false, "answered", "completed"],
    [500, true, "failed, answered 500", "nothing"],
    [599, true, "failed, answered 599", "nothing"],
    [600, true, "answered", "completed"],
    [999, true, "answered", "completed"],
    [501, true, "answered", "completed"], // a client can cause it, so can it these
    [505, true, "answered", "completed"],
    [508, true, "answered", "completed"],
  ] as const
) {
  const setting = `EJECT_ON_5XX=${ejectOn5xx ? "on" : "off"}`;

  Deno.test(`blame: with ${setting} an answer of ${status} shows: ${atFirst}; then ${atEnd}`, () => {
    const outcome = answered("", status);
    assertEquals(show(assessAttempt(facts(), outcome, 1, ejectOn5xx)), atFirst);
    assertEquals(show(assessResponse(outcome, undefined, ejectOn5xx)), atEnd);
  });
}

Deno.test("blame: an answer is the backend's even if the client has left or the time is up", () => {
  const request = facts({ clientGone: true, expired: true });
  assertEquals(show(assessAttempt(request, answered("ok"), 2, false)), "answered");
});
