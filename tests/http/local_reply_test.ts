import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  failureReply,
  lastRecipientReply,
  type LocalReply,
  loopReply,
  overloadReply,
  type Refusal,
  refusalReply,
} from "../../lib/http/local_reply.ts";
import { type FailureKind, FAILURES, overLimit } from "../../lib/outcome.ts";
import type { StopReason } from "../../lib/retry.ts";
import { failed } from "../support/fakes.ts";

const KINDS = Object.keys(FAILURES) as FailureKind[];
const VERDICTS: readonly StopReason[] = [
  "client gone",
  "attempts used up",
  "others full or unreachable",
  "request body at fault",
  "may have been delivered",
  "body already sent",
];

/** One item of RFC 9209 in the syntax of RFC 8941: a token, and parameters with tokens or strings. */
const STRING = /"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*"/.source;
const TOKEN = /[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*/.source;
const ITEM = new RegExp(`^roundabout(?:; *[a-z*][a-z0-9_.*-]*=(?:${STRING}|${TOKEN}))*$`);

/** Error types that RFC 9209, 2.3 registers. */
const REGISTERED = [
  "dns_error",
  "destination_unavailable",
  "destination_ip_unroutable",
  "connection_refused",
  "connection_terminated",
  "connection_timeout",
  "connection_limit_reached",
  "tls_protocol_error",
  "tls_certificate_error",
  "http_request_error",
  "http_protocol_error",
  "http_response_header_section_size",
  "http_response_trailer_section_size",
  "http_response_timeout",
  "proxy_internal_error",
];

/** The value of a field that must occur once. */
function only({ fields }: LocalReply, name: string): string {
  const values = fields.filter(([n]) => n === name).map(([, value]) => value);
  assertEquals(values.length, 1, name);
  return values[0]!;
}

const statusOf: Record<FailureKind, number> = {
  destination_unavailable: 503,
  dns_error: 503,
  destination_ip_unroutable: 503,
  connection_refused: 503,
  connection_timeout: 503,
  connection_limit_reached: 503,
  tls_certificate_error: 503,
  tls_protocol_error: 503,
  connection_terminated: 502,
  http_protocol_error: 502,
  http_response_header_section_size: 502,
  http_response_trailer_section_size: 502,
  http_response_timeout: 504,
  http_request_error: 400,
  proxy_internal_error: 500,
};

for (const kind of KINDS) {
  Deno.test(`local reply: ${kind} is answered ${statusOf[kind]}, with that error in Proxy-Status`, () => {
    for (const verdict of VERDICTS) {
      const answer = failureReply(failed(kind), verdict);
      assertEquals(answer.status, statusOf[kind]);
      assertMatch(only(answer, "proxy-status"), ITEM);
      assertMatch(only(answer, "proxy-status"), new RegExp(`^roundabout; error=${kind}(?:;|$)`));
      assertEquals(only(answer, "content-type"), "text/plain");
      assertMatch(answer.body, /^[^\n]+\n$/);
    }
  });
}

Deno.test("local reply: Retry-After is sent over a limit, and only then", () => {
  for (const kind of KINDS) {
    const answer = failureReply(failed(kind), "attempts used up");
    const expected = kind === "connection_limit_reached" ? ["1"] : [];
    const values = answer.fields.filter(([name]) => name === "retry-after").map(([, value]) =>
      value
    );
    assertEquals(values, expected, kind);
  }
  const overload = overloadReply();
  assertEquals([overload.status, only(overload, "retry-after")], [503, "1"]);
  assertEquals(
    only(overload, "proxy-status"),
    'roundabout; error=http_request_denied; details="limits.inFlight is reached"',
  );
  assertMatch(only(overload, "proxy-status"), ITEM);
});

Deno.test("local reply: a failure's own status replaces that of its kind", () => {
  const answer = failureReply({ ...failed("http_request_error"), status: 408 }, "client gone");
  assertEquals(answer.status, 408);
});

Deno.test("local reply: a request that the retry budget stopped has that in its details", () => {
  const answer = failureReply(failed("connection_terminated"), "retry budget used up");
  assertEquals(
    only(answer, "proxy-status"),
    'roundabout; error=connection_terminated; details="not sent again: retry budget used up"',
  );
});

Deno.test("local reply: a response over a limit of ours has that limit in its details", () => {
  const failure = overLimit("http_response_header_section_size", "limits.headerLines", "why");
  const answer = failureReply(failure, "over limits.headerLines");
  assertEquals(answer.status, 502);
  assertEquals(
    only(answer, "proxy-status"),
    'roundabout; error=http_response_header_section_size; details="the response is over limits.headerLines"',
  );
});

Deno.test("local reply: every failure has an error type that RFC 9209 registers", () => {
  assertEquals(KINDS.filter((kind) => !REGISTERED.includes(kind)), []);
});

Deno.test("local reply: if no backend could be reached the text is exactly Service not available", () => {
  const unreachable = KINDS.filter((kind) => statusOf[kind] === 503);
  assert(unreachable.includes("connection_refused"));
  for (const kind of unreachable) {
    assertEquals(failureReply(failed(kind), "attempts used up").body, "Service not available\n");
  }
});

Deno.test("local reply: the details say why a request was not sent again, unless its attempts were used up", () => {
  const answer = failureReply(failed("connection_terminated"), "may have been delivered");
  assertEquals(
    only(answer, "proxy-status"),
    'roundabout; error=connection_terminated; details="not sent again: may have been delivered"',
  );
  const all = failureReply(failed("connection_terminated"), "attempts used up");
  assertEquals(only(all, "proxy-status"), "roundabout; error=connection_terminated");
});

Deno.test("local reply: a failure's detail, which may name addresses, is not sent to the client", () => {
  const answer = failureReply(failed("connection_refused", "10.0.0.7:5000"), "client gone");
  assert(!JSON.stringify(answer).includes("10.0.0.7"));
});

const refusal = (status: Refusal["status"], reason = "it is odd") =>
  refusalReply({ status, reason });

for (
  const [status, name] of [[400, "Bad Request"], [405, "Method Not Allowed"], [
    501,
    "Not Implemented",
  ]] as const
) {
  Deno.test(`local reply: a refusal with ${status} gives its reason`, () => {
    const answer = refusal(status);
    assertEquals([answer.status, answer.body], [status, `${name}: it is odd\n`]);
    assertEquals(
      only(answer, "proxy-status"),
      'roundabout; error=http_request_error; details="it is odd"',
    );
    assertMatch(only(answer, "proxy-status"), ITEM);
  });
}

Deno.test("local reply: a 405, and only that refusal, lists the methods that are forwarded", () => {
  assertEquals(only(refusal(405), "allow"), "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
  for (const status of [400, 501] as const) {
    assertEquals(refusal(status).fields.filter(([name]) => name === "allow"), []);
  }
});

Deno.test("local reply: the last recipient of OPTIONS answers 204 with the methods and no body", () => {
  const answer = lastRecipientReply();
  assertEquals([answer.status, answer.body], [204, ""]);
  assertMatch(only(answer, "allow"), /\bOPTIONS\b/);
  assertMatch(only(answer, "proxy-status"), ITEM);
});

Deno.test("local reply: a loop is answered 508, with an error of its own", () => {
  const { status, fields, body } = loopReply();
  assertEquals(status, 508);
  assertEquals(Object.fromEntries(fields)["proxy-status"], "roundabout; error=proxy_loop_detected");
  assertEquals(body, "Loop detected: this balancer has forwarded this request before\n");
});
