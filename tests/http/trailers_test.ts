import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { HOP_BY_HOP } from "../../lib/http/field_kinds.ts";
import { mayBeTrailer } from "../../lib/http/trailers.ts";

/** RFC 9110, 6.5.1, repeated on purpose, by the purpose of the fields. */
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
  "describes the format of the content": ["content-encoding", "content-range", "content-type"],
  "says where a request came from": [
    "x-real-ip",
    "x_real_ip",
    "x-original-url",
    "x-rewrite-url",
    "x_forwarded_for",
  ],
  "the proxy sets": [
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
  Deno.test(`trailers: a field that ${why} may not be a trailer`, () => {
    assertEquals(names.filter(mayBeTrailer), []);
  });
}

Deno.test("trailers: a hop-by-hop field may not be a trailer", () => {
  assertEquals([...HOP_BY_HOP].filter(mayBeTrailer), []);
});

Deno.test("trailers: fields about the whole body may be trailers", () => {
  assertEquals(TAKEN.filter((name) => !mayBeTrailer(name)), []);
});

Deno.test("trailers: any other name may be a trailer", () => {
  const name = fc.stringMatching(/^[a-z0-9!#$%&'*+.^_`|~-]{1,30}$/)
    .filter((name) => !ALL_FORBIDDEN.has(name) && !/^x[^a-z0-9]forwarded[^a-z0-9]/.test(name));
  fc.assert(fc.property(name, (name) => mayBeTrailer(name)), { seed: 20261122 });
});
