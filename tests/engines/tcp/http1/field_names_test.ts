import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  CLIENT_CERT_FIELDS,
  FORWARDING_FIELDS,
  HOP_BY_HOP,
  PROXY_FIELDS,
} from "../../../../lib/http/field_kinds.ts";
import { bytesOf } from "../../../../lib/engines/tcp/http1/bytes.ts";
import {
  classifyName,
  CLIENT_CERT,
  CONNECTION,
  CONTENT_LENGTH,
  DATE,
  EXPECT_OR_MAX_FORWARDS,
  FORWARDING_OTHER,
  HOP,
  HOST,
  KEEP_ALIVE,
  OTHER,
  TRANSFER_ENCODING,
  UPGRADE,
  VIA,
  X_FORWARDED_FOR,
  X_FORWARDED_HOST,
  X_FORWARDED_PROTO,
  X_REQUEST_ID,
} from "../../../../lib/engines/tcp/http1/field_names.ts";

const SEED = { seed: 20261122 };

/** Repeated here on purpose, not derived from the lists that it checks. */
const KNOWN: readonly (readonly [name: string, kind: number, what: string])[] = [
  ["Connection", CONNECTION, "has its own kind"],
  ["Keep-Alive", KEEP_ALIVE, "has its own kind"],
  ["Transfer-Encoding", TRANSFER_ENCODING, "has its own kind"],
  ["Content-Length", CONTENT_LENGTH, "has its own kind"],
  ["Upgrade", UPGRADE, "has its own kind"],
  ["Host", HOST, "has its own kind"],
  ["Date", DATE, "has its own kind"],
  ["HTTP2-Settings", HOP, "is hop-by-hop"],
  ["Proxy-Authenticate", HOP, "is hop-by-hop"],
  ["Proxy-Authorization", HOP, "is hop-by-hop"],
  ["Proxy-Connection", HOP, "is hop-by-hop"],
  ["TE", HOP, "is hop-by-hop"],
  ["Trailer", OTHER, "is forwarded, as trailers are"],
  ["Via", VIA, "has its own kind"],
  ["Expect", EXPECT_OR_MAX_FORWARDS, "has a rule for its value"],
  ["X-Request-Id", X_REQUEST_ID, "has its own kind"],
  ["Max-Forwards", EXPECT_OR_MAX_FORWARDS, "has a rule for its value"],
  ["X-Forwarded-For", X_FORWARDED_FOR, "has its own kind"],
  ["X-Forwarded-Proto", X_FORWARDED_PROTO, "has its own kind"],
  ["X-Forwarded-Host", X_FORWARDED_HOST, "has its own kind"],
  ["Forwarded", FORWARDING_OTHER, "is from trusted peers only"],
  ["X-Real-IP", FORWARDING_OTHER, "is from trusted peers only"],
  ["X-Original-URL", FORWARDING_OTHER, "is from trusted peers only"],
  ["X-Rewrite-URL", FORWARDING_OTHER, "is from trusted peers only"],
  ["X_Forwarded_For", FORWARDING_OTHER, "is X-Forwarded-For to some"],
  ["X-Forwarded_Proto", FORWARDING_OTHER, "is X-Forwarded-Proto to some"],
  ["X.Forwarded!Host", FORWARDING_OTHER, "is X-Forwarded-Host to some"],
  ["X_Real-IP", FORWARDING_OTHER, "is X-Real-IP to some"],
  ["X_Original_URL", FORWARDING_OTHER, "is X-Original-URL to some"],
  ["X~Rewrite_URL", FORWARDING_OTHER, "is X-Rewrite-URL to some"],
  ["Client-Cert", CLIENT_CERT, "is from no peer"],
  ["Client-Cert-Chain", CLIENT_CERT, "is from no peer"],
  ["Client_Cert", CLIENT_CERT, "is Client-Cert to some"],
  ["Client.Cert_Chain", CLIENT_CERT, "is Client-Cert-Chain to some"],
  ["X-Forwarded-", FORWARDING_OTHER, "is one of X-Forwarded-*"],
  [`X-Forwarded-${"a".repeat(18)}`, FORWARDING_OTHER, "is one of X-Forwarded-*"],
  [`X-Forwarded-${"a".repeat(19)}`, FORWARDING_OTHER, "is one of X-Forwarded-*"],
  [`X-Forwarded-${"a".repeat(20)}`, FORWARDING_OTHER, "is one of X-Forwarded-*"],
  [`X-Forwarded-${"a".repeat(300)}`, FORWARDING_OTHER, "is one of X-Forwarded-*"],
];

const KINDS = new Map(KNOWN.map(([name, kind]) => [name.toLowerCase(), kind]));

/** The kind of a name, by a simple lookup. */
function expected(name: string): number {
  const isForwarding =
    /^(?:x[^a-z0-9](?:forwarded[^a-z0-9].*|real[^a-z0-9]ip|(?:original|rewrite)[^a-z0-9]url)|forwarded)$/i;
  if (/^client[^a-z0-9]cert(?:[^a-z0-9]chain)?$/i.test(name)) return CLIENT_CERT;
  return KINDS.get(name.toLowerCase()) ?? (isForwarding.test(name) ? FORWARDING_OTHER : OTHER);
}

/** Classifies a name between other bytes, to notice a read beyond either end. */
function classify(name: string, before = "Host: a\r\n", after = ": x-forwarded-for\r\n"): number {
  const bytes = bytesOf(before + name + after);
  return classifyName(bytes, before.length, before.length + name.length);
}

for (const [name, what, why] of KNOWN) {
  const shown = name.length > 40 ? `X-Forwarded- and ${name.length - 12} letters` : name;

  Deno.test(`field names: ${shown} ${why}, in any case`, () => {
    for (const spelt of [name, name.toLowerCase(), name.toUpperCase()]) {
      assertEquals(classify(spelt), what, spelt);
    }
  });
}

Deno.test("field names: every name in the shared lists is known", () => {
  assertEquals(
    [...HOP_BY_HOP, ...PROXY_FIELDS, ...FORWARDING_FIELDS, ...CLIENT_CERT_FIELDS]
      .filter((name) => !KINDS.has(name)),
    [],
  );
});

Deno.test("field names: a name that is one character longer or shorter is not recognized", () => {
  for (const [name] of KNOWN.filter(([name]) => !/^x.forwarded/i.test(name))) {
    for (const other of [`${name}s`, `${name}-`, name.slice(0, -1), name.slice(1), `x${name}`]) {
      assertEquals(classify(other), OTHER, other);
    }
    assertEquals(classify(name.slice(0, -1), "", name.slice(-1)), OTHER, `a part of ${name}`);
  }
  for (
    const other of [
      "X-Forwarded",
      "X-Forwarde-",
      "Y-Forwarded-For",
      "XForwarded-For",
      "X-Forward-ed",
    ]
  ) {
    assertEquals(classify(other, "", "-for:"), OTHER, other);
  }
});

Deno.test("field names: a name with one character changed is classified by its new spelling", () => {
  const tokens = "!#$%&'*+-.^_`|~0189AZaz";
  for (const [name] of KNOWN.filter(([name]) => name.length < 60)) {
    for (let i = 0; i < name.length; i++) {
      for (const other of tokens) {
        const changed = name.slice(0, i) + other + name.slice(i + 1);
        assertEquals(classify(changed), expected(changed), changed);
      }
    }
  }
});

Deno.test("field names: any other token is of the kind OTHER, whatever bytes surround it", () => {
  const token = fc.stringMatching(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,40}$/);
  const near = fc.tuple(fc.constantFrom(...KNOWN.map(([name]) => name)), token)
    .map(([name, rest]) => name.slice(0, 20) + rest);
  fc.assert(
    fc.property(fc.oneof(token, near), fc.string(), fc.string(), (name, before, after) => {
      const [latinBefore, latinAfter] = [before, after].map((text) =>
        text.replace(/[^\0-\xff]/g, "?")
      );
      assertEquals(classify(name, latinBefore, latinAfter), expected(name));
    }),
    SEED,
  );
});
