import { assertEquals } from "@std/assert";
import type { DiscoveredConfig } from "../../lib/config/model.ts";
import { backendsOf } from "../../lib/discovery/source_backends.ts";
import type { Endpoint } from "../../lib/net/resolver/answer.ts";
import { sourceOf } from "../support/discovering.ts";

const NOBODY = () => false;

const at = (...addresses: string[]) =>
  addresses.map((address): Endpoint => ({ name: "users", address }));

const urlsOf = (source: DiscoveredConfig, endpoints: readonly Endpoint[]) =>
  backendsOf(source, endpoints, NOBODY).backends.map(({ url }) => url);

for (
  const [text, address, url] of [
    ["dns+http://users:5000/base", "10.0.0.7", "http://10.0.0.7:5000/base"],
    ["dns+http://users:5000", "2001:db8::7", "http://[2001:db8::7]:5000"],
    ["dns+http://users", "10.0.0.7", "http://10.0.0.7"],
    ["dns+http://users:80/", "2001:db8::7", "http://[2001:db8::7]"],
  ] as const
) {
  Deno.test(`source: ${text} at ${address} is ${url}`, () => {
    assertEquals(urlsOf(sourceOf(text), at(address)), [url]);
    assertEquals(new URL(url).href.replace(/\/$/, ""), url);
  });
}

Deno.test("source: each address has the weight and the place of its name, and keeps that name", () => {
  const { backends } = backendsOf(
    sourceOf("dns+http://users:5000", { weight: 7, backup: true }),
    at("10.0.0.1", "10.0.0.2"),
    NOBODY,
  );
  assertEquals(backends, [
    { url: "http://10.0.0.1:5000", weight: 7, backup: true, name: "users" },
    { url: "http://10.0.0.2:5000", weight: 7, backup: true, name: "users" },
  ]);
});

function served(address: string, priority: number, weight: number, port = 5000): Endpoint {
  return { name: `${address}.example`, address, service: { priority, weight, port } };
}

Deno.test("source: SRV records say port, weight, and by their priority who is a backup", () => {
  const endpoints = [
    served("10.0.0.1", 10, 60000),
    served("10.0.0.2", 10, 30000, 5001),
    served("10.0.0.3", 20, 0),
    served("10.0.0.4", 30, 0),
  ];
  const source = sourceOf("srv+http://_users._tcp.example/base");
  assertEquals(
    backendsOf(source, endpoints, NOBODY).backends.map(({ url, weight, backup }) => [
      url,
      weight,
      backup,
    ]),
    [
      ["http://10.0.0.1:5000/base", 2, false],
      ["http://10.0.0.2:5001/base", 1, false],
      ["http://10.0.0.3:5000/base", 1, true],
      ["http://10.0.0.4:5000/base", 1, true],
    ],
  );
});

Deno.test("source: all that SRV records name are backups if the pool says so", () => {
  const source = sourceOf("srv+http://_users._tcp.example", { backup: true });
  const { backends } = backendsOf(source, [served("10.0.0.1", 1, 1)], NOBODY);
  assertEquals(backends.map(({ backup }) => backup), [true]);
});

Deno.test("source: what is no server, the balancer itself, or a port that fetch refuses is left out, and said", () => {
  const found = backendsOf(
    sourceOf("dns+http://users:5000"),
    at("0.0.0.0", "10.0.0.1", "10.0.0.9", "224.0.0.1", "255.255.255.255", "::", "ff02::1", "::1"),
    (hostname, port) => (hostname === "10.0.0.9" || hostname === "[::1]") && port === 5000,
  );
  assertEquals(found.backends.map(({ url }) => url), ["http://10.0.0.1:5000"]);
  assertEquals(found.refused, [
    "0.0.0.0:5000 is no address of a server",
    "10.0.0.9:5000 is this balancer itself",
    "224.0.0.1:5000 is no address of a server",
    "255.255.255.255:5000 is no address of a server",
    "[::]:5000 is no address of a server",
    "[ff02::1]:5000 is no address of a server",
    "[::1]:5000 is this balancer itself",
  ]);
  const source = sourceOf("srv+http://_users._tcp.example");
  assertEquals(backendsOf(source, [served("10.0.0.1", 1, 1, 22)], NOBODY), {
    backends: [],
    refused: ["10.0.0.1:22 is not used, as the Fetch standard blocks port 22"],
  });
  assertEquals(backendsOf(source, [served("10.0.0.1", 1, 1, 0)], NOBODY).backends, []);
});
