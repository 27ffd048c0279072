import { assertEquals } from "@std/assert";
import { readDnsServer } from "../../../lib/config/values/dns_server.ts";
import { isReading, refusalOf } from "../../../lib/config/values/reading.ts";

for (
  const [text, server] of [
    ["system", undefined],
    ["10.0.0.2", { hostname: "10.0.0.2", port: 53 }],
    ["10.0.0.2:8600", { hostname: "10.0.0.2", port: 8600 }],
    ["fd00::2", { hostname: "fd00::2", port: 53 }],
    ["[fd00::2]", { hostname: "fd00::2", port: 53 }],
    ["[::1]:5353", { hostname: "::1", port: 5353 }],
  ] as const
) {
  Deno.test(`DNS server: ${text} is read`, () => {
    const read = readDnsServer(text);
    assertEquals(isReading(read) ? read.value : read, server);
  });
}

for (
  const [text, meant] of [
    ["dns.example", undefined],
    ["dns.example:53", undefined],
    ["10.0.0.2:", undefined],
    ["10.0.0.2:0", undefined],
    ["10.0.0.2:65536", undefined],
    ["[10.0.0.2]:53", undefined],
    ["fe80::1%eth0", undefined],
    ["", undefined],
    ["10.0.0.2, 10.0.0.3", undefined],
    ["udp://10.0.0.2:53", "10.0.0.2:53"],
    ["10.0.0.2#53", "10.0.0.2:53"],
    [" 10.0.0.2", "10.0.0.2"],
  ] as const
) {
  Deno.test(`DNS server: ${JSON.stringify(text)} is refused, and ${meant} may be meant`, () => {
    assertEquals(refusalOf(readDnsServer(text)), {
      expected:
        "must be the address of a DNS server such as 10.0.0.2, 10.0.0.2:53 or [fd00::2]:53, or system",
      meant,
    });
  });
}
