import { failed } from "../../../lib/outcome.ts";
import { assertEquals } from "@std/assert";
import {
  CLIENT_GONE,
  CLIENT_STALLED,
  NO_FIRST_BYTE,
  STALLED,
} from "../../../lib/engines/shared/failures.ts";
import { CLOSED_EARLY, internalError, isBreak } from "../../../lib/engines/tcp/failures.ts";
import { Malformed } from "../../../lib/engines/tcp/http1/malformed.ts";

const { errors } = Deno;

for (
  const error of [
    new Malformed("the target is odd"),
    new errors.ConnectionReset("x"),
    new errors.BrokenPipe("x"),
    new errors.Interrupted("x"),
    new errors.BadResource("x"),
    new errors.ConnectionAborted("x"),
    new errors.TimedOut("x"),
    new errors.NotConnected("x"),
    new errors.UnexpectedEof("x"),
    new errors.InvalidData("x"),
    new Error("No route to host (os error 113)"),
    new errors.Http("peer closed connection without sending TLS close_notify"),
    new TypeError("invalid peer Certificate: UnknownIssuer"),
  ]
) {
  Deno.test(`failures: ${error.name} "${error.message}" is a break`, () => {
    assertEquals(isBreak(error), true);
  });
}

for (
  const error of [
    new Error("x"),
    new Error(""),
    new TypeError("Cannot read properties of undefined"),
    new RangeError("offset is out of bounds"),
    new ReferenceError("x is not defined"),
    new errors.NotCapable("Requires net access"),
    new errors.Busy("x"),
    "ConnectionReset (os error 104)",
    { name: "ConnectionReset", message: "os error 104" },
    undefined,
    null,
  ]
) {
  Deno.test(`failures: ${Deno.inspect(error).split("\n")[0]} is a fault of this program`, () => {
    assertEquals(isBreak(error), false);
  });
}

Deno.test("failures: a fault of this program keeps its name and message for the log", () => {
  assertEquals(
    internalError(new RangeError("offset is out of bounds")),
    failed("proxy_internal_error", "RangeError: offset is out of bounds"),
  );
  assertEquals(internalError("odd").detail, "odd");
});

Deno.test("failures: one is its kind and its detail, and says nothing of what left", () => {
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
