import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import fc from "fast-check";
import { type FailureKind, FAILURES } from "../../lib/outcome.ts";
import { failedFetch } from "../../lib/net/fetch_error.ts";
import { deadPort } from "../support/dead_port.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";

/** An error in the shape that fetch rejects with. */
const fetchError = (text: string) => new TypeError("fetch failed", { cause: new Error(text) });

/** Its two texts: before there is a connection, and on one. */
const before = (rest: string, url = "http://a.test/") =>
  fetchError(`error sending request for url (${url}): client error ${rest}`);
const on = (rest: string, url = "http://a.test/") =>
  fetchError(
    `error sending request from 127.0.0.1:4 for ${url} (127.0.0.1:5): client error ${rest}`,
  );

for (
  const [rest, failure] of [
    ["(Connect): tcp connect error: Connection refused (os error 111)", "connection_refused"],
    ["(Connect): tcp connect error: Connection refused (os error 61)", "connection_refused"],
    [
      "(Connect): dns error: failed to lookup address information: Name or service not known",
      "dns_error",
    ],
    ["(Connect): tcp connect error: Connection timed out (os error 110)", "connection_timeout"],
    ["(Connect): tcp connect error: deadline has elapsed: timed out", "connection_timeout"],
    [
      "(Connect): tcp connect error: No route to host (os error 113)",
      "destination_ip_unroutable",
    ],
    [
      "(Connect): tcp connect error: Network is unreachable (os error 101)",
      "destination_ip_unroutable",
    ],
    ["(Connect): invalid peer certificate: UnknownIssuer", "tls_certificate_error"],
    ["(Connect): received corrupt message of type InvalidContentType", "tls_protocol_error"],
    ["(Connect): tls handshake eof", "tls_protocol_error"],
    ["(Connect): something never seen before", "destination_unavailable"],
    ["(Connect)", "destination_unavailable"],
    ["(SendRequest): connection closed before message completed", "connection_terminated"],
    ["(SendRequest): connection error: Connection reset by peer", "connection_terminated"],
    ["(SendRequest): something never seen before", "connection_terminated"],
    ["(SendRequest)", "connection_terminated"],
    ["(SendRequest): invalid HTTP version parsed", "http_protocol_error"],
    ["(SendRequest): invalid content-length parsed", "http_protocol_error"],
    ["(SendRequest): received unexpected message from connection", "http_protocol_error"],
    ["(SendRequest): Connection refused", "connection_terminated"],
    ["(Canceled)", "connection_terminated"],
    ["(NeverSeen): Connection refused", "connection_terminated"],
  ] as const satisfies (readonly [string, FailureKind])[]
) {
  Deno.test(`fetch error: ${rest} is ${failure}`, () => {
    for (const error of [before(rest), on(rest)]) assertEquals(failedFetch(error).failure, failure);
  });
}

for (
  const [rest, detail] of [
    ["(Connect): tcp connect error: Connection refused (os error 111)", "connection refused"],
    [
      "(SendRequest): connection closed before message completed",
      "connection closed before message completed",
    ],
    [
      "(SendRequest): connection error: Connection reset by peer (os error 104)",
      "connection reset by peer",
    ],
    ["(SendRequest): invalid HTTP version parsed", "invalid HTTP version parsed"],
    ["(SendRequest)", "SendRequest"],
  ] as const
) {
  Deno.test(`fetch error: of ${rest} the log says "${detail}"`, () => {
    for (const error of [before(rest), on(rest)]) assertEquals(failedFetch(error).detail, detail);
  });
}

for (
  const [what, error, detail] of [
    ["an error without a cause", new TypeError("fetch failed"), "fetch failed"],
    [
      "a shape never seen before",
      fetchError("Connect: Connection refused"),
      "Connect: Connection refused",
    ],
    ["a cause that is no error", new TypeError("odd", { cause: "(Connect)" }), "odd"],
    ["a reason that is no error", "client error", "client error"],
    ["nothing", undefined, "undefined"],
    ["an abort", new DOMException("too late", "TimeoutError"), "too late"],
  ] as const
) {
  Deno.test(`fetch error: after ${what} the request may have been sent`, () => {
    const { failure, detail: reported } = failedFetch(error);
    assertEquals([failure, reported], ["connection_terminated", detail]);
    assert(FAILURES[failure].mayHaveLeft);
  });
}

Deno.test("fetch error: a head that fetch does not take is over a limit, which is nobody's fault", () => {
  const { failure, limit } = failedFetch(on("(SendRequest): message head is too large"));
  assertEquals(failure, "http_response_header_section_size");
  assertMatch(limit!, /100 lines/);
  const forged = failedFetch(on("(SendRequest): x", "http://a.test/message head is too large"));
  assertEquals([forged.failure, forged.limit], ["connection_terminated", undefined]);
});

const FORGERIES = [
  "/(Connect)",
  "/:client%20error%20(Connect)",
  "/%20client%20error%20(Connect):%20tcp%20connect%20error:%20Connection%20refused",
  "/?:+client+error+(Connect)",
  "/client error (Connect)",
  "/): client error (Connect): Connection refused (os error 111)",
  "/\tclient\terror\t(Connect)",
  "/\u00a0client\u00a0error\u00a0(Connect)",
  "/?x= client error (Connect)",
];

for (const path of FORGERIES) {
  Deno.test(`fetch error: the path ${JSON.stringify(path)} cannot make a sent request count as unsent`, () => {
    const url = new URL(`http://a.test${path}`).href;
    const { failure } = failedFetch(on("(SendRequest): connection closed", url));
    assertEquals(failure, "connection_terminated");
  });
}

Deno.test("fetch error: no path or query can make a sent request count as unsent", () => {
  const piece = fc.constantFrom(
    " ",
    "%20",
    "client error ",
    "(Connect)",
    ": ",
    "?",
    "#",
    "\n",
    "é",
    ")",
  );
  const path = fc.array(piece, { maxLength: 12 }).map((pieces) => `/${pieces.join("")}`);
  fc.assert(fc.property(path, (path) => {
    const url = new URL(`http://a.test${path}`).href;
    const { failure } = failedFetch(on("(SendRequest): connection closed", url));
    assert(FAILURES[failure].mayHaveLeft);
  }));
});

/** The failure of a real fetch, so that a change in Deno's wording is noticed. */
async function realFailure(url: string): Promise<FailureKind> {
  const error = await assertRejects(() => fetch(url));
  return failedFetch(error).failure;
}

Deno.test("fetch error: a real fetch from a closed port is connection_refused", async () => {
  assertEquals(await realFailure(`http://127.0.0.1:${deadPort()}/`), "connection_refused");
});

Deno.test("fetch error: a real fetch that gets no HTTP is http_protocol_error, for any path", async () => {
  await using backend = new ScriptedBackend("a", { replyAndClose: "garbage\r\n\r\n" });
  for (const path of ["/", ...FORGERIES]) {
    assertEquals(await realFailure(backend.url + path), "http_protocol_error");
  }
});

Deno.test("fetch error: a real fetch whose connection is closed without a response is connection_terminated", async () => {
  await using backend = new ScriptedBackend("a", "close");
  for (const path of ["/", ...FORGERIES]) {
    assertEquals(await realFailure(backend.url + path), "connection_terminated");
  }
});
