import { assertEquals } from "@std/assert";
import { cookieValues } from "../../lib/http/cookies.ts";

for (
  const [header, values] of [
    [undefined, []],
    ["", []],
    ["id=1", ["1"]],
    ["a=2; id=1; b=3", ["1"]],
    ["id=1; id=2", ["1", "2"]],
    [" id = 1 ;id=2", ["1", "2"]],
    ["id=a=b", ["a=b"]],
    ["id=", [""]],
    ["id", []],
    ["xid=1; idx=2; ID=3", []],
    ["a=id=1", []],
    [";;=;id=1;;", ["1"]],
  ] as const
) {
  Deno.test(`cookies: the values of id in ${JSON.stringify(header)} are ${JSON.stringify(values)}`, () => {
    assertEquals(cookieValues(header, "id"), [...values]);
  });
}
