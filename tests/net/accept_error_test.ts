import { assertEquals, assertRejects } from "@std/assert";
import { type AcceptError, classifyAcceptError } from "../../lib/net/accept_error.ts";
import { connectAndReset } from "../support/reset.ts";

const { errors } = Deno;

const withCode = (code: string, message: string) => Object.assign(new Error(message), { code });

for (
  const [error, kind] of [
    // As Deno 2.9.6 raises them.
    [withCode("EMFILE", "Too many open files (os error 24)"), "lack"],
    [new Error("Too many open files in system (os error 23)"), "lack"],
    [withCode("ENOBUFS", "No buffer space available (os error 105)"), "lack"],
    [withCode("ENOMEM", "Cannot allocate memory (os error 12)"), "lack"],
    [new errors.NotConnected("Transport endpoint is not connected (os error 107)"), "client gone"],
    [new errors.ConnectionAborted("Software caused connection abort"), "client gone"],
    [new errors.ConnectionReset("Connection reset by peer (os error 104)"), "client gone"],
    [new errors.TimedOut("Connection timed out (os error 110)"), "client gone"],
    [new errors.NetworkUnreachable("Network is unreachable (os error 101)"), "client gone"],
    [withCode("EHOSTUNREACH", "No route to host (os error 113)"), "client gone"],
    [new Error("Protocol error (os error 71)"), "client gone"],
    [new Error("Network is down (os error 100)"), "client gone"],
    [new Error("Host is down (os error 112)"), "client gone"],
    [new Error("Machine is not on the network (os error 64)"), "client gone"],
    [new Error("Protocol not available (os error 92)"), "client gone"],
    [new errors.PermissionDenied("Operation not permitted (os error 1)"), "unknown"],
    [new errors.BadResource("Listener has been closed"), "unknown"],
    [withCode("EINVAL", "Invalid argument (os error 22)"), "unknown"],
    [new Error("something never seen before"), "unknown"],
    [undefined, "unknown"],
  ] as const satisfies (readonly [unknown, AcceptError])[]
) {
  Deno.test(`accept error: ${error instanceof Error ? error.message : error} is ${kind}`, () => {
    assertEquals(classifyAcceptError(error), kind);
  });
}

Deno.test("accept error: after a reset, accept fails, and that is about this client only", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await connectAndReset(listener.addr.port);
  const error = await assertRejects(() => listener.accept(), errors.NotConnected);
  assertEquals(classifyAcceptError(error), "client gone");
});
