import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { isAuthority } from "../../lib/http/authority.ts";

for (
  const text of [
    "a",
    "a.test",
    "a.test:80",
    "a.test:",
    "A.TEST:65535",
    "127.0.0.1:5000",
    "[::1]",
    "[::1]:5000",
    "[::ffff:192.0.2.1]",
    "a_b~c-d",
    "a!$&'()*+,;=b",
    "%C3%A9.test",
  ]
) {
  Deno.test(`authority: ${text} is an authority`, () => assert(isAuthority(text)));
}

for (
  const text of [
    "",
    ":80",
    "a b",
    " a",
    "a ",
    "a\n",
    "a/",
    "a/b",
    "a?x",
    "a#x",
    "a\\b",
    "user@a",
    "user:secret@a",
    "a:80:80",
    "a:x",
    "a:-1",
    "a:655360",
    "[::1",
    "::1",
    "[]",
    "[g::1]",
    "[::1]x",
    "[fe80::1%25eth0]",
    "%C3%A.test",
    "%",
    "é.test",
    "a,b@c",
    "a<b",
    'a"b',
    "a\0",
  ]
) {
  Deno.test(`authority: ${JSON.stringify(text)} is not an authority`, () =>
    assertEquals(isAuthority(text), false));
}

Deno.test("authority: every authority becomes the host of a URL, and no other part of it", () => {
  const characters = "aZ09-._~!$&'()*+,;=%:[]@/?#\\ \t<>^|{}`\"é";
  const text = fc.oneof(
    fc.string({ unit: fc.constantFrom(...characters), minLength: 1, maxLength: 8 }),
    fc.webAuthority(),
  );
  fc.assert(fc.property(text, (text) => {
    if (!isAuthority(text) || !URL.canParse(`http://${text}/p?q`)) return;
    const { pathname, search, hash, username, password } = new URL(`http://${text}/p?q`);
    assertEquals([pathname, search, hash, username, password], ["/p", "?q", "", "", ""]);
  }));
});
