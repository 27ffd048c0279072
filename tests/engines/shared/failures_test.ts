import { assertEquals } from "@std/assert";
import {
  CLIENT_GONE,
  CLIENT_STALLED,
  CLOSED_EARLY,
  internalError,
  NO_FIRST_BYTE,
  STALLED,
} from "../../../lib/engines/shared/failures.ts";
import { failed } from "../../../lib/outcome.ts";

Deno.test("failures: an error of this program keeps its name and message for the log", () => {
  assertEquals(
    internalError(new RangeError("offset is out of bounds")),
    failed("proxy_internal_error", "RangeError: offset is out of bounds"),
  );
  assertEquals(internalError("odd").detail, "odd");
});

Deno.test("failures: one has its kind and its detail, and does not say whether anything was sent", () => {
  assertEquals(failed("dns_error", "x"), { kind: "failed", failure: "dns_error", detail: "x" });
});

for (
  const [name, outcome, failure] of [
    ["no first byte", NO_FIRST_BYTE, "http_response_timeout"],
    ["a response that stalls", STALLED, "http_response_timeout"],
    ["a response cut off by its backend", CLOSED_EARLY, "connection_terminated"],
    ["a client that left", CLIENT_GONE, "http_request_error"],
    ["a body that stalls", CLIENT_STALLED, "http_request_error"],
  ] as const
) {
  Deno.test(`failures: ${name} is ${failure}`, () => {
    assertEquals([outcome.kind, outcome.failure, "neverLeft" in outcome], [
      "failed",
      failure,
      false,
    ]);
  });
}
