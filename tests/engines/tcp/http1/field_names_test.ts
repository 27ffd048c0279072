import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { HOP_BY_HOP, PROXY_FIELDS } from "../../../../lib/http/headers.ts";
import { bytesOf } from "../../../../lib/engines/tcp/http1/bytes.ts";
import {
  classifyName,
  CONNECTION,
  CONTENT_LENGTH,
  EXPECT_OR_MAX_FORWARDS,
  HOP,
  HOST,
  KEEP_ALIVE,
  OTHER,
  TRANSFER_ENCODING,
  UPGRADE,
  VIA,
  X_FORWARDED_FOR,
  X_FORWARDED_HOST,
  X_FORWARDED_OTHER,
  X_FORWARDED_PROTO,
  X_REQUEST_ID,
} from "../../../../lib/engines/tcp/http1/field_names.ts";

const SEED = { seed: 20261122 };

/** Written out again on purpose. */
const KNOWN: readonly (readonly [name: string, meaning: number, what: string])[] = [
  ["Connection", CONNECTION, "has a meaning of its own"],
  ["Keep-Alive", KEEP_ALIVE, "has a meaning of its own"],
  ["Transfer-Encoding", TRANSFER_ENCODING, "has a meaning of its own"],
  ["Content-Length", CONTENT_LENGTH, "has a meaning of its own"],
  ["Upgrade", UPGRADE, "has a meaning of its own"],
  ["Host", HOST, "has a meaning of its own"],
  ["HTTP2-Settings", HOP, "belongs to the hop"],
  ["Proxy-Authenticate", HOP, "belongs to the hop"],
  ["Proxy-Authorization", HOP, "belongs to the hop"],
  ["Proxy-Connection", HOP, "belongs to the hop"],
  ["TE", HOP, "belongs to the hop"],
  ["Trailer", OTHER, "travels on, as trailers do"],
  ["Via", VIA, "has a meaning of its own"],
  ["Expect", EXPECT_OR_MAX_FORWARDS, "has a rule"],
  ["X-Request-Id", X_REQUEST_ID, "has a meaning of its own"],
  ["Max-Forwards", EXPECT_OR_MAX_FORWARDS, "has a rule"],
  ["X-Forwarded-For", X_FORWARDED_FOR, "has a meaning of its own"],
  ["X-Forwarded-Proto", X_FORWARDED_PROTO, "has a meaning of its own"],
  ["X-Forwarded-Host", X_FORWARDED_HOST, "has a meaning of its own"],
  ["X-Forwarded-", X_FORWARDED_OTHER, "is one of those of proxies"],
  [`X-Forwarded-${"a".repeat(18)}`, X_FORWARDED_OTHER, "is one of those of proxies"],
  [`X-Forwarded-${"a".repeat(19)}`, X_FORWARDED_OTHER, "is one of those of proxies"],
  [`X-Forwarded-${"a".repeat(20)}`, X_FORWARDED_OTHER, "is one of those of proxies"],
  [`X-Forwarded-${"a".repeat(300)}`, X_FORWARDED_OTHER, "is one of those of proxies"],
];

const MEANINGS = new Map(KNOWN.map(([name, meaning]) => [name.toLowerCase(), meaning]));

/** What a name is, told the plain way. */
function expected(name: string): number {
  const lower = name.toLowerCase();
  return MEANINGS.get(lower) ?? (lower.startsWith("x-forwarded-") ? X_FORWARDED_OTHER : OTHER);
}

/** Asks for a name that stands between others, so that a look past either end would be noticed. */
function meaning(name: string, before = "Host: a\r\n", after = ": x-forwarded-for\r\n"): number {
  const bytes = bytesOf(before + name + after);
  return classifyName(bytes, before.length, before.length + name.length);
}

for (const [name, what, why] of KNOWN) {
  const shown = name.length > 40 ? `X-Forwarded- and ${name.length - 12} letters` : name;

  Deno.test(`field names: ${shown} ${why}, in any case`, () => {
    for (const spelt of [name, name.toLowerCase(), name.toUpperCase()]) {
      assertEquals(meaning(spelt), what, spelt);
    }
  });
}

Deno.test("field names: all that the rules look for are known", () => {
  assertEquals([...HOP_BY_HOP, ...PROXY_FIELDS].filter((name) => !MEANINGS.has(name)), []);
});

Deno.test("field names: a name that is longer or shorter is another one", () => {
  for (const [name] of KNOWN.filter(([name]) => !/^x-forwarded-/i.test(name))) {
    for (const other of [`${name}s`, `${name}-`, name.slice(0, -1), name.slice(1), `x${name}`]) {
      assertEquals(meaning(other), OTHER, other);
    }
    assertEquals(meaning(name.slice(0, -1), "", name.slice(-1)), OTHER, `a part of ${name}`);
  }
  for (
    const other of ["X-Forwarded", "X-Forwarde-", "Forwarded", "Y-Forwarded-For"]
  ) {
    assertEquals(meaning(other, "", "-for:"), OTHER, other);
  }
});

Deno.test("field names: a name with one character changed is another one, unless its case", () => {
  const tokens = "!#$%&'*+-.^_`|~0189AZaz";
  for (const [name] of KNOWN.filter(([name]) => name.length < 60)) {
    for (let i = 0; i < name.length; i++) {
      for (const other of tokens) {
        const changed = name.slice(0, i) + other + name.slice(i + 1);
        assertEquals(meaning(changed), expected(changed), changed);
      }
    }
  }
});

Deno.test("field names: any other token means nothing, wherever it stands", () => {
  const token = fc.stringMatching(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,40}$/);
  const near = fc.tuple(fc.constantFrom(...KNOWN.map(([name]) => name)), token)
    .map(([name, rest]) => name.slice(0, 20) + rest);
  fc.assert(
    fc.property(fc.oneof(token, near), fc.string(), fc.string(), (name, before, after) => {
      const [latinBefore, latinAfter] = [before, after].map((text) =>
        text.replace(/[^\0-\xff]/g, "?")
      );
      assertEquals(meaning(name, latinBefore, latinAfter), expected(name));
    }),
    SEED,
  );
});
