import { assertEquals } from "@std/assert";
import { hostOf, parameterOf, pathOf } from "../../lib/routing/facts.ts";

for (
  const [host, expected] of [
    ["a.test", "a.test"],
    ["A.Test", "a.test"],
    ["a.test:80", "a.test"],
    ["a.test:", "a.test"],
    ["a.test.", "a.test"],
    ["a.test.:80", "a.test"],
    ["a.test..", "a.test."], // one dot stands for the root, two are no host
    ["[::1]", "[::1]"],
    ["[::1]:80", "[::1]"],
    ["[2001:DB8::A]:80", "[2001:db8::a]"],
    ["192.0.2.1:80", "192.0.2.1"],
    ["", ""],
  ] as const
) {
  Deno.test(`facts: the host ${JSON.stringify(host)} is matched as ${JSON.stringify(expected)}`, () => {
    assertEquals(hostOf(host), expected);
  });
}

for (
  const [target, path] of [["/a?b", "/a"], ["/a", "/a"], ["/?", "/"], ["/a?b?c", "/a"], ["*", "*"]]
) {
  Deno.test(`facts: the path of ${target} is ${path}`, () => assertEquals(pathOf(target!), path));
}

for (
  const [target, value] of [
    ["/?v=1", "1"],
    ["/?v=1&v=2", "1"],
    ["/?a&v=", ""],
    ["/?v", ""],
    ["/?v=a+b%20c", "a b c"],
    ["/?%76=1", "1"],
    ["/?V=1", undefined],
    ["/?xv=1", undefined],
    ["/v=1", undefined],
    ["/?", undefined],
    ["/?v=%zz", "%zz"],
    ["/?v=a=b", "a=b"],
    ["/?v=1;v=2", "1;v=2"],
    ["/?a=b?v=1&v=2", "2"],
  ] as const
) {
  Deno.test(`facts: the parameter v of ${target} is ${JSON.stringify(value)}`, () => {
    assertEquals(parameterOf(target, "v"), value);
  });
}
