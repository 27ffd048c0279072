import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { normalizePath } from "../../lib/http/normal_path.ts";
import { isAmbiguous } from "../../lib/http/path_readings.ts";
import { isPlainPath } from "../../lib/http/plain_path.ts";

for (
  const path of [
    ...["/", "/users", "/users/7", "/users/", "/robots.txt", "/a.b/c-d_e~f", "/v1.2.3/x"],
    ...["/@me/a+b", "/a=1,2", "/a(1)*!$&'"],
  ]
) {
  Deno.test(`plain path: ${path} is one`, () => assert(isPlainPath(path)));
}

for (
  const path of [
    ...["", "*", "users", "//", "//a", "/a//b", "/.", "/..", "/./a", "/a/../b", "/a./b", "/a."],
    ...["/.a", "/a..b", "/a/.", "/%61", "/a%2fb", "/a;b", "/a\\b", "/a:b", "/a b", "/a?b", "/a#b"],
    ...["/\u00e4", "/\u0161", "/a\0", "/a\n", "/a[b]", "/a|b", '/"'],
  ]
) {
  Deno.test(`plain path: ${JSON.stringify(path)} needs a closer look`, () => {
    assert(!isPlainPath(path));
  });
}

Deno.test("plain path: it is in its normal form, and nothing can be said of other readings", () => {
  const unit = fc.constantFrom(..."abc/.%-_~;:=@\\?#2fe\0\u00e4 ", "/", "/", "a");
  let plain = 0;
  fc.assert(
    fc.property(fc.array(unit, { maxLength: 8 }), (units) => {
      const path = `/${units.join("")}`;
      if (!isPlainPath(path)) return;
      plain++;
      assertEquals([normalizePath(path), isAmbiguous(path)], [path, false]);
    }),
    { seed: 20261128, numRuns: 20_000 },
  );
  assert(plain > 1_000, `only ${plain} paths were plain`);
});

Deno.test("plain path: of each single character between letters, it is at least as strict as those who look closer", () => {
  for (let code = 0; code < 0x250; code++) {
    const character = String.fromCharCode(code);
    for (const path of [`/a${character}b`, `/${character}`, `/a${character}`, `/a/${character}b`]) {
      if (isPlainPath(path)) assertEquals([normalizePath(path), isAmbiguous(path)], [path, false]);
    }
  }
});
