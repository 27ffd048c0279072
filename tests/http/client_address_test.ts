import { assertEquals } from "@std/assert";
import { plainAddress } from "../../lib/http/client_address.ts";

for (
  const [hostname, plain] of [
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["::ffff:0.0.0.0", "0.0.0.0"],
    ["::ffff:255.255.255.255", "255.255.255.255"],
    ["192.0.2.1", "192.0.2.1"],
    ["127.0.0.1", "127.0.0.1"],
    ["::1", "::1"],
    ["::", "::"],
    ["::fff:1", "::fff:1"],
    ["2001:db8::1", "2001:db8::1"],
    ["::ffff:0:c000:201", "::ffff:0:c000:201"],
    ["2001:db8::ffff:192.0.2.1", "2001:db8::ffff:192.0.2.1"],
    ["fe80::ffff:1", "fe80::ffff:1"],
  ] as const
) {
  Deno.test(`client address: ${hostname} becomes ${plain}`, () => {
    assertEquals(plainAddress(hostname), plain);
  });
}
