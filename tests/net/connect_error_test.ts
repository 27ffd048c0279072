import { assert, assertEquals, assertRejects } from "@std/assert";
import { failedConnect } from "../../lib/net/connect_error.ts";
import { type Failed, type FailureKind, formatFailure } from "../../lib/outcome.ts";
import { dial, parseAddress } from "../../lib/net/dial.ts";
import { failedFetch } from "../../lib/net/fetch_error.ts";
import { Wheel } from "../../lib/time/timer_wheel.ts";
import { deadPort } from "../support/dead_port.ts";

const { errors } = Deno;

const classify = (error: unknown, hasDescriptorLeft = true) =>
  failedConnect(error, () => hasDescriptorLeft).failure;

const withCode = (code: string) => Object.assign(new Error("Too many open files"), { code });

for (
  const [error, failure] of [
    [withCode("EMFILE"), "connection_limit_reached"],
    [withCode("ENFILE"), "connection_limit_reached"],
    ["tcp open error: Too many open files (os error 24)", "connection_limit_reached"],
    ["tcp open error: Too many open files in system (os error 23)", "connection_limit_reached"],
    // What this machine lacks says nothing of the backend.
    [withCode("ENOBUFS"), "connection_limit_reached"],
    ["tcp open error: No buffer space available (os error 105)", "connection_limit_reached"],
    [new Error("Cannot allocate memory (os error 12)"), "connection_limit_reached"],
    [
      new errors.AddrNotAvailable("Cannot assign requested address (os error 99)"),
      "connection_limit_reached",
    ],
    ["tcp connect error: Address already in use (os error 98)", "connection_limit_reached"],
    [
      "tcp connect error: Resource temporarily unavailable (os error 11)",
      "connection_limit_reached",
    ],
    [new Error("failed to lookup address information: Name or service not known"), "dns_error"],
    ["dns error: Temporary failure in name resolution", "dns_error"],
    ["dns error: connection refused", "dns_error"],
    ["dns error: timed out", "dns_error"],
    [new errors.ConnectionRefused("Connection refused (os error 111)"), "connection_refused"],
    [new errors.ConnectionRefused("x"), "connection_refused"],
    ["tcp connect error: Connection refused (os error 61)", "connection_refused"],
    [new errors.TimedOut("x"), "connection_timeout"],
    ["tcp connect error: Connection timed out (os error 110)", "connection_timeout"],
    [new Error("No route to host (os error 113)"), "destination_ip_unroutable"],
    [new Error("Network is unreachable (os error 101)"), "destination_ip_unroutable"],
    [
      "A socket operation was attempted to an unreachable network. (os error 10051)",
      "destination_ip_unroutable",
    ],
    [new errors.InvalidData("invalid peer certificate: UnknownIssuer"), "tls_certificate_error"],
    [new errors.InvalidData("UnknownIssuer"), "tls_certificate_error"],
    // A host name in a certificate must not decide.
    ["invalid peer certificate: not valid for dns.test, tls.test", "tls_certificate_error"],
    ["invalid peer certificate: not valid for unreachable.resolve.test", "tls_certificate_error"],
    [new errors.InvalidData("received corrupt message"), "tls_protocol_error"],
    ["received corrupt message of type InvalidContentType", "tls_protocol_error"],
    ["tls handshake eof", "tls_protocol_error"],
    [new errors.UnexpectedEof("tls handshake eof"), "tls_protocol_error"],
    [new Error("something never seen before"), "destination_unavailable"],
    [new errors.ConnectionReset("x"), "destination_unavailable"],
    ["", "destination_unavailable"],
    [undefined, "destination_unavailable"],
  ] as const satisfies (readonly [unknown, FailureKind])[]
) {
  Deno.test(`connect error: ${String(error) || "nothing"} is ${failure}`, () => {
    assertEquals(classify(error), failure);
  });
}

Deno.test("connect error: a DNS error with no descriptor left is connection_limit_reached", () => {
  assertEquals(classify("dns error: no such name", false), "connection_limit_reached");
  assertEquals(classify("connection refused", false), "connection_refused");
});

Deno.test("connect error: only after a DNS error is it checked whether a descriptor is left", () => {
  const unasked = () => {
    throw new Error("asked");
  };
  assertEquals(failedConnect("connection refused", unasked).failure, "connection_refused");
});

for (
  const [error, detail] of [
    [new errors.ConnectionRefused("Connection refused (os error 111)"), "connection refused"],
    ["tcp connect error: Connection refused (os error 61)", "connection refused"],
    // Windows has a sentence of its own for it.
    [
      new errors.ConnectionRefused("No connection could be made because … (os error 10061)"),
      "connection refused",
    ],
    ["tcp connect error: deadline has elapsed: timed out", "connection timed out"],
    [withCode("EMFILE"), "no file descriptor is left"],
    [
      "dns error: failed to lookup address information: Name or service not known",
      "name or service not known",
    ],
    [
      new Error("failed to lookup address information: Name or service not known"),
      "name or service not known",
    ],
    ["tcp connect error: No route to host (os error 113)", "no route to host"],
    [
      new errors.InvalidData("invalid peer certificate: UnknownIssuer"),
      "invalid peer certificate: UnknownIssuer",
    ],
    ["something never seen before (os error 1)", "something never seen before"],
  ] as const
) {
  Deno.test(`connect error: of ${error} the log says "${detail}"`, () => {
    assertEquals(failedConnect(error, () => true).detail, detail);
  });
}

/** What the log says of a failure at an address, for a dial and for a fetch. */
async function failuresAt(url: string): Promise<string[]> {
  const dialled = await dial(parseAddress(url), new Wheel(0), 5_000);
  const error = await assertRejects(() => fetch(url));
  assert("kind" in dialled);
  return [dialled as Failed, failedFetch(error)].map(formatFailure);
}

Deno.test("connect error: a closed port is connection_refused, dialled or fetched", async () => {
  const url = `http://127.0.0.1:${deadPort()}/`;
  assertEquals(await failuresAt(url), ["connection_refused", "connection_refused"]);
});

Deno.test("connect error: a port that does not speak TLS is tls_protocol_error, dialled or fetched", async () => {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response("x"),
  );
  const url = `https://127.0.0.1:${server.addr.port}/`;
  const failure = "tls_protocol_error: received corrupt message of type InvalidContentType";
  assertEquals(await failuresAt(url), [failure, failure]);
});

for (
  const [error, expected] of [
    ["No such file or directory (os error 2)", "connection_refused: there is no such socket"],
    ["Connection refused (os error 111)", "connection_refused"],
    [
      "Resource temporarily unavailable (os error 11)",
      "connection_refused: its queue of connections is full",
    ],
    ["Permission denied (os error 13)", "destination_unavailable: the socket's mode forbids it"],
  ] as const
) {
  Deno.test(`connect errors: of a unix socket, ${error} is ${expected}`, () => {
    assertEquals(formatFailure(failedConnect(error, () => true, true)), expected);
  });
}
