import { assertEquals } from "@std/assert";
import { formatHostPort, formatLocalHostPort } from "../../lib/net/host_port.ts";

for (
  const [host, written] of [
    ["127.0.0.1", "127.0.0.1:80"],
    ["users-1", "users-1:80"],
    ["::", "[::]:80"],
    ["::1", "[::1]:80"],
    ["[::1]", "[::1]:80"],
    ["::ffff:192.0.2.1", "[::ffff:192.0.2.1]:80"],
  ] as const
) {
  Deno.test(`host and port: ${host} is written ${written}`, () => {
    assertEquals(formatHostPort(host, 80), written);
    assertEquals(new URL(`http://${formatHostPort(host, 81)}`).port, "81");
  });
}

Deno.test("host and port: this machine reaches what listens on all of its addresses at localhost", () => {
  for (const host of ["0.0.0.0", "::", "[::]"]) {
    assertEquals(formatLocalHostPort(host, 80), "localhost:80");
  }
  assertEquals(formatLocalHostPort("127.0.0.1", 80), "127.0.0.1:80");
  assertEquals(formatLocalHostPort("::1", 80), "[::1]:80");
});
