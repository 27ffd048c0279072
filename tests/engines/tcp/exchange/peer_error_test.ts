import { assertEquals } from "@std/assert";
import { isPeerError } from "../../../../lib/engines/tcp/exchange/peer_error.ts";
import { Malformed } from "../../../../lib/engines/tcp/http1/malformed.ts";

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
  Deno.test(`peer error: ${error.name} "${error.message}" is an error of a peer`, () => {
    assertEquals(isPeerError(error), true);
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
  Deno.test(`peer error: ${Deno.inspect(error).split("\n")[0]} is a fault of this program`, () => {
    assertEquals(isPeerError(error), false);
  });
}
