import { assertEquals } from "@std/assert";
import { readDiscoveredUrl } from "../../../lib/config/values/discovered_url.ts";
import { isReading } from "../../../lib/config/values/reading.ts";

/** What is read, or what was expected instead. */
function read(text: string) {
  const read = readDiscoveredUrl(text);
  return isReading(read) ? read.value : read;
}

const expected = (text: string) => {
  const refused = read(text);
  return typeof refused === "string" ? refused : "expected" in refused ? refused.expected : refused;
};

for (
  const [text, url, name, port, path] of [
    ["dns+http://users:5000", "dns+http://users:5000", "users", 5000, ""],
    ["dns+http://users", "dns+http://users", "users", 80, ""],
    ["dns+http://users:80/", "dns+http://users", "users", 80, ""],
    [
      "DNS+HTTP://Users.Example:5000/Base/",
      "dns+http://users.example:5000/Base",
      "users.example",
      5000,
      "/Base",
    ],
    [
      "dns+http://users.default.svc.:5000",
      "dns+http://users.default.svc.:5000",
      "users.default.svc.",
      5000,
      "",
    ],
    ["dns+http://my_users:5000", "dns+http://my_users:5000", "my_users", 5000, ""],
    [
      "dns+http://bücher.example",
      "dns+http://xn--bcher-kva.example",
      "xn--bcher-kva.example",
      80,
      "",
    ],
  ] as const
) {
  Deno.test(`discovered URL: ${text} is the name ${name} with the port ${port}`, () => {
    assertEquals(read(text), { kind: "dns", url, name, port, path });
  });
}

for (
  const [text, url, name, path] of [
    ["srv+http://_users._tcp.example", "srv+http://_users._tcp.example", "_users._tcp.example", ""],
    [
      "srv+http://users.service.consul/base/",
      "srv+http://users.service.consul/base",
      "users.service.consul",
      "/base",
    ],
    [
      "SRV+http://_Users._TCP.example/",
      "srv+http://_users._tcp.example",
      "_users._tcp.example",
      "",
    ],
  ] as const
) {
  Deno.test(`discovered URL: ${text} is the service ${name}`, () => {
    assertEquals(read(text), { kind: "srv", url, name, path });
  });
}

const NAME = "must have a name after dns+http://, as an address stands for itself";
const LONG = "must have a name of at most 253 characters, each part of it of 1 to 63";

for (
  const [text, words] of [
    ["dns+http://10.0.0.1:80", NAME],
    ["dns+http://[::1]:5000", NAME],
    ["dns+http://7", NAME],
    ["srv+http://10.0.0.1", NAME.replace("dns", "srv")],
    ["dns+https://users", "must start with dns+http://: dns+https:// is not built yet"],
    [
      "srv+https://_users._tcp.example",
      "must start with srv+http://: srv+https:// is not built yet",
    ],
    ["dns+tcp://users", "must start with dns+http://"],
    ["dns+http:users", "must start with dns+http://"],
    ["dns+users:5000", "must start with dns+http://"],
    ["srv+", "must start with srv+http://"],
    ["srv+http://_users._tcp.example:5000", "must have no port, as SRV records say it"],
    ["srv+http://_users._tcp.example:80/base", "must have no port, as SRV records say it"],
    ["dns+http://bob:secret@users", "must not have credentials"],
    ["srv+http://bob@users", "must not have credentials"],
    ["dns+http://users?x", "must not have a query"],
    ["dns+http://users#x", "must not have a fragment"],
    ["dns+http://users:22", "must not use port 22, which the Fetch standard blocks"],
    ["dns+http://users:99999", "must be a valid URL"],
    ["dns+http://", "must be a valid URL"],
    ["dns+http://a,b", "must have one host name or address"],
    ["dns+http://a..b", LONG],
    ["dns+http://.a", LONG],
    [`dns+http://${"a".repeat(64)}`, LONG],
    [`dns+http://${"a.".repeat(127)}a`, LONG],
  ] as const
) {
  Deno.test(`discovered URL: ${text} is refused`, () => {
    assertEquals(expected(text), words);
  });
}

Deno.test("discovered URL: an address and a port come with what was meant", () => {
  assertEquals(read("dns+http://10.0.0.1:5000/x"), {
    expected: NAME,
    meant: "http://10.0.0.1:5000/x",
  });
  assertEquals(read("srv+http://_a._tcp.b:5000/x"), {
    expected: "must have no port, as SRV records say it",
    meant: "srv+http://_a._tcp.b/x",
  });
});
