import { assertEquals } from "@std/assert";
import { isIP } from "node:net";
import { lookUpAddresses } from "../../lib/net/host_addresses.ts";

Deno.test("host addresses: a name of the hosts file has its addresses", async () => {
  const addresses = await lookUpAddresses("localhost");
  assertEquals(addresses.length > 0 && addresses.every((address) => isIP(address) !== 0), true);
});

Deno.test("host addresses: a name that is unknown has none", async () => {
  assertEquals(await lookUpAddresses("a".repeat(64)), []); // longer than a label may be (RFC 1035, 2.3.4)
});
