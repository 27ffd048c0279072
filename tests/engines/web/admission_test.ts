import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Refusal } from "../../../lib/http/local_reply.ts";
import type { Field } from "../../../lib/http/headers.ts";
import type { Head } from "../../../lib/engines/web/head.ts";
import { admit, refuseUnforwardable } from "../../../lib/engines/web/admission.ts";
import type { Target } from "../../../lib/http/request_target.ts";

const FALLBACK = "localhost:5000";
const LIMITS = { maxHeaderSize: 16_384, maxHeaderLines: 100 };

/** The head of a plain GET, with changes. */
function head(given: Partial<Head> = {}): Head {
  return {
    method: "GET",
    url: "http://a.test/v?x",
    fields: [["Host", "a.test"]],
    host: "a.test",
    transferEncoding: undefined,
    contentLength: undefined,
    fieldsSize: 0,
    maxForwards: undefined,
    via: undefined,
    upgrade: undefined,
    ...given,
  };
}

/** The refusal of a request that must be refused. */
function refusalOf(given: Head): Refusal {
  const admitted = admit(given, FALLBACK, LIMITS);
  if ("reason" in admitted) return admitted;
  throw new Error(`Admitted: ${JSON.stringify(admitted)}`);
}

/** The head of a request without a Host field. */
const hostless = (url: string, ...fields: Field[]) => head({ url, host: undefined, fields });

const body = (method: string, length: Partial<Head>) => head({ method, ...length });

const V: Target = { authority: "a.test", path: "/v?x" };

for (
  const [what, given, target] of [
    ["a plain GET", head(), V],
    ...[
      "HEAD",
      "POST",
      "PUT",
      "PATCH",
      "DELETE",
      "OPTIONS",
      "PROPFIND",
      "M-SEARCH",
      "patch",
      "Get2",
    ]
      .map((method) => [`the method ${method}`, head({ method }), V] as const),
    ["a Host with a port", head({ url: "http://a.test:81/v?x", host: "a.test:81" }), {
      ...V,
      authority: "a.test:81",
    }],
    ["absolute-form with another authority", head({ url: "http://b.test:81/w" }), {
      authority: "b.test:81",
      path: "/w",
    }],
    ["HTTP/2", hostless("https://a.test/v?x", ["accept", "*/*"]), V],
    [
      "HTTP/2 for the name that stands in for a missing Host",
      hostless(`http://${FALLBACK}/v`, ["accept", "*/*"]),
      { authority: FALLBACK, path: "/v" },
    ],
    [
      "that name in Host",
      head({ url: `http://${FALLBACK}/v`, host: FALLBACK }),
      { authority: FALLBACK, path: "/v" },
    ],
    ["GET /*", head({ url: "http://a.test/*" }), { authority: "a.test", path: "/*" }],
    ["a GET of length 0", body("GET", { contentLength: "0" }), V],
    ["a POST of a known length", body("POST", { contentLength: "5" }), V],
    ["a POST of a length twice the same", body("POST", { contentLength: "5, 5" }), V],
    ["a chunked POST", body("POST", { transferEncoding: "chunked" }), V],
    ["a Chunked POST", body("POST", { transferEncoding: "Chunked" }), V],
    ["a DELETE with a body", body("DELETE", { contentLength: "5" }), V],
    ["OPTIONS with a body", body("OPTIONS", { transferEncoding: "chunked" }), V],
  ] as const satisfies (readonly [string, Head, Target])[]
) {
  Deno.test(`admission: ${what} is admitted`, () => {
    assertEquals(admit(given, FALLBACK, LIMITS), target);
  });
}

const NOT_FORWARDED = { status: 405, reason: "this method is not forwarded" } as const;
const CASE = {
  status: 400,
  reason: "methods are case-sensitive, and fetch would capitalize this one",
} as const;
const HOST = { status: 400, reason: "Host must be one host and an optional port" } as const;
const TARGET = {
  status: 400,
  reason: "the target must be a path, or an http URL without userinfo",
} as const;
const NO_HOST = { status: 400, reason: "Host is missing" } as const;
const ASTERISK = { status: 400, reason: "the target * cannot be forwarded by fetch" } as const;
const CODING = { status: 501, reason: "Transfer-Encoding must be chunked" } as const;
const BODY = {
  status: 400,
  reason: "a GET or HEAD with a body cannot be forwarded by fetch",
} as const;

for (
  const [what, given, refusal] of [
    ...["CONNECT", "TRACE", "TRACK", "trace", "Connect"]
      .map((method) => [`the method ${method}`, head({ method }), NOT_FORWARDED] as const),
    ...["get", "Head", "oPTIONS", "post", "puT", "Delete"]
      .map((method) => [`the method ${method}`, head({ method }), CASE] as const),
    ...["", "a b", "a/b", "a?x", "a#x", "u@a.test", "a.test, b.test", "a:b", "[::1"]
      .map((host) =>
        [`the Host "${host}"`, head({ url: `http://${host}/v`, host }), HOST] as const
      ),
    ["a target with userinfo", head({ url: "http://u:p@b.test/v" }), TARGET],
    ["a target that is not an http URL", head({ url: "ftp://b.test/v" }), TARGET],
    ["a target without authority", head({ url: "http:///v" }), TARGET],
    ["HTTP/2 with userinfo", hostless("http://u@a.test/", ["accept", "*/*"]), TARGET],
    ["no Host and no field at all", hostless(`http://${FALLBACK}/v`), NO_HOST],
    ["no Host and fields of HTTP/1", hostless(`http://${FALLBACK}/v`, ["Accept", "*/*"]), NO_HOST],
    [
      "no Host and one field of HTTP/1 among others",
      hostless(`http://${FALLBACK}/v`, ["accept", "*/*"], ["X-A", "1"]),
      NO_HOST,
    ],
    ["gzip, chunked", body("POST", { transferEncoding: "gzip, chunked" }), CODING],
    ["chunked twice", body("POST", { transferEncoding: "chunked, chunked" }), CODING],
    ["identity", body("POST", { transferEncoding: "identity" }), CODING],
    ["an empty transfer coding", body("POST", { transferEncoding: "" }), CODING],
    ["a GET with a length", body("GET", { contentLength: "1" }), BODY],
    ["a HEAD with a length", body("HEAD", { contentLength: "1" }), BODY],
    ["a chunked GET", body("GET", { transferEncoding: "chunked" }), BODY],
  ] as const satisfies (readonly [string, Head, Refusal])[]
) {
  Deno.test(`admission: ${what} is refused with ${refusal.status}: ${refusal.reason}`, () => {
    assertEquals(admit(given, FALLBACK, LIMITS), refusal);
  });
}

for (
  const [path, why] of [
    ["/a/../b", /dot segments/],
    ["/%2e%2E", /dot segments/],
    ["/a\\b", /backslash/],
    ["/a#b", /fragment/],
    ["/?'", /apostrophe/],
  ] as const
) {
  Deno.test(`admission: ${path}, which fetch would change, is refused with 400`, () => {
    const { status, reason } = refuseUnforwardable("GET", path)!;
    assertEquals(status, 400);
    assertMatch(reason, why);
    assert(!("reason" in admit(head({ url: `http://a.test${path}` }), FALLBACK, LIMITS)));
  });
}

Deno.test("admission: OPTIONS * is not forwarded", () => {
  assertEquals(refuseUnforwardable("OPTIONS", "/*"), ASTERISK);
  assertEquals(refuseUnforwardable("GET", "/*"), undefined);
});

Deno.test("admission: a reason is valid in a quoted string, and repeats nothing of the request", () => {
  const secret = "S3cret";
  for (
    const given of [
      head({ method: "CONNECT", url: `http://${secret}/` }),
      head({ host: `${secret} "` }),
      head({ transferEncoding: `"${secret}"` }),
      `/${secret}\\"`,
      `/../${secret}`,
      `/?'${secret}`,
    ]
  ) {
    const { reason } = typeof given === "string"
      ? refuseUnforwardable("GET", given)!
      : refusalOf(given);
    assertMatch(reason, /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/);
    assert(!reason.includes(secret));
  }
});
