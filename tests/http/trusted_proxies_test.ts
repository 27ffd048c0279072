import { assertEquals } from "@std/assert";
import { clientAddressOf, isSecure, remembering } from "../../lib/http/trusted_proxies.ts";
import { facts } from "../support/fakes.ts";

const isTrusted = (address: string) => address.startsWith("10.") || address === "::1";

function from(clientAddress: string, fields: Record<string, string> = {}) {
  return facts({ clientAddress, header: (name) => fields[name] });
}

for (
  const [peer, forwardedFor, client] of [
    ["192.0.2.1", undefined, "192.0.2.1"],
    ["192.0.2.1", "198.51.100.1", "192.0.2.1"],
    ["10.0.0.1", undefined, "10.0.0.1"],
    ["10.0.0.1", "198.51.100.1", "198.51.100.1"],
    ["10.0.0.1", "203.0.113.9, 198.51.100.1", "198.51.100.1"],
    ["10.0.0.1", "203.0.113.9, 198.51.100.1, 10.0.0.2", "198.51.100.1"],
    ["10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"],
    ["10.0.0.1", "198.51.100.1:51234", "198.51.100.1"],
    ["10.0.0.1", "[2001:db8::1]:443", "2001:db8::1"],
    ["10.0.0.1", "[2001:db8::1]", "2001:db8::1"],
    ["10.0.0.1", "2001:db8::1", "2001:db8::1"],
    ["10.0.0.1", "::ffff:198.51.100.1", "198.51.100.1"],
    ["10.0.0.1", " , unknown ,", "unknown"],
    ["10.0.0.1", "", "10.0.0.1"],
    ["10.0.0.1", ",", "10.0.0.1"],
    ["::1", "198.51.100.1", "198.51.100.1"],
  ] as const
) {
  Deno.test(`trusted proxies: from ${peer}, forwarded for ${JSON.stringify(forwardedFor)}, the client is ${client}`, () => {
    const request = from(
      peer,
      forwardedFor === undefined ? {} : { "x-forwarded-for": forwardedFor },
    );
    assertEquals(clientAddressOf(request, isTrusted), client);
  });
}

for (
  const [peer, scheme, proto, secure] of [
    ["10.0.0.1", "http", "https", true],
    ["10.0.0.1", "http", "HTTPS, http", true],
    ["10.0.0.1", "http", "http", false],
    ["10.0.0.1", "http", undefined, false],
    ["10.0.0.1", "https", undefined, true],
    ["10.0.0.1", "https", "http", false],
    ["192.0.2.1", "http", "https", false],
    ["192.0.2.1", "https", "http", true],
    ["192.0.2.1", "https", undefined, true],
  ] as const
) {
  Deno.test(`trusted proxies: from ${peer} over ${scheme}, forwarded for ${proto}, is ${secure ? "" : "not "}secure`, () => {
    const request = from(peer, proto === undefined ? {} : { "x-forwarded-proto": proto });
    assertEquals(isSecure({ ...request, scheme }, isTrusted), secure);
  });
}

Deno.test("remembering: each address is looked up once, and any number of them takes a bounded place", () => {
  const asked: string[] = [];
  const isTrusted = remembering((address) => {
    asked.push(address);
    return address === "a";
  });
  assertEquals(["a", "b", "a", "b"].map(isTrusted), [true, false, true, false]);
  assertEquals(asked, ["a", "b"]);
  for (let i = 0; i < 2_000; i++) isTrusted(String(i));
  assertEquals([isTrusted("a"), isTrusted("b")], [true, false]);
  assertEquals(asked.slice(-2), ["a", "b"], "they had to make room");
});
