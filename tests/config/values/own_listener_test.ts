import { assertEquals } from "@std/assert";
import { findOwnListener } from "../../../lib/config/values/own_listener.ts";

const LISTENERS = {
  all: { host: "0.0.0.0", port: 5000 },
  one: { host: "10.0.0.5", port: 8080 },
  six: { host: "fd00::5", port: 8080 },
  socket: { host: "0.0.0.0", port: 9000, unix: "/run/x.sock" },
};

for (
  const [hostname, port, name] of [
    ["127.0.0.1", 5000, "all"],
    ["localhost", 5000, "all"],
    ["localhost.", 5000, "all"],
    ["[::1]", 5000, "all"],
    ["127.9.9.9", 5000, "all"],
    ["0.0.0.0", 5000, "all"],
    ["10.0.0.5", 8080, "one"],
    ["[fd00::5]", 8080, "six"],
    ["127.0.0.1", 8080, undefined],
    ["10.0.0.5", 8081, undefined],
    ["10.0.0.6", 5000, undefined],
    ["127.0.0.1", 9000, undefined],
  ] as const
) {
  Deno.test(`own listener: ${hostname}:${port} is ${name ?? "none"}`, () => {
    assertEquals(findOwnListener(LISTENERS, hostname, port), name);
  });
}
