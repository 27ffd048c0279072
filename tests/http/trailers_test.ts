import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { HOP_BY_HOP } from "../../lib/http/headers.ts";
import { mayBeTrailer } from "../../lib/http/trailers.ts";

/** RFC 9110, 6.5.1, written out again on purpose, by what the fields are for. */
const FORBIDDEN: Readonly<Record<string, readonly string[]>> = {
  "frames a message": ["content-length", "transfer-encoding", "trailer"],
  "routes a message": ["host", "max-forwards", "te", "via", "forwarded"],
  "belongs to the hop": [
    "connection",
    "http2-settings",
    "keep-alive",
    "proxy-connection",
    "upgrade",
  ],
  "authenticates": [
    "authorization",
    "cookie",
    "proxy-authenticate",
    "proxy-authorization",
    "set-cookie",
    "www-authenticate",
  ],
  "makes a request conditional": [
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "range",
  ],
  "controls how a message is handled": [
    "accept-ranges",
    "age",
    "cache-control",
    "date",
    "expect",
    "expires",
    "location",
    "pragma",
    "retry-after",
    "vary",
  ],
  "says how content is to be read": ["content-encoding", "content-range", "content-type"],
  "is ours to say": [
    "x-forwarded-",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-prefix",
    "x-forwarded-proto",
    "x-request-id",
  ],
};

const ALL_FORBIDDEN = new Set(Object.values(FORBIDDEN).flat());

const TAKEN = [
  "content-digest",
  "content-md5",
  "digest",
  "etag",
  "expires-at",
  "grpc-message",
  "grpc-status",
  "hosts",
  "proxy-status",
  "repr-digest",
  "server-timing",
  "signature",
  "x-checksum",
  "x-forwarded",
  "x-request-ids",
];

for (const [why, names] of Object.entries(FORBIDDEN)) {
  Deno.test(`trailers: no field that ${why} may be one`, () => {
    assertEquals(names.filter(mayBeTrailer), []);
  });
}

Deno.test("trailers: nothing that belongs to the hop may be one", () => {
  assertEquals([...HOP_BY_HOP].filter(mayBeTrailer), []);
});

Deno.test("trailers: what is told after a body may be one", () => {
  assertEquals(TAKEN.filter((name) => !mayBeTrailer(name)), []);
});

Deno.test("trailers: any name that nothing is said of may be one", () => {
  const name = fc.stringMatching(/^[a-z0-9!#$%&'*+.^_`|~-]{1,30}$/)
    .filter((name) => !ALL_FORBIDDEN.has(name) && !name.startsWith("x-forwarded-"));
  fc.assert(fc.property(name, (name) => mayBeTrailer(name)), { seed: 20261122 });
});
