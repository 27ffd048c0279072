import { assertEquals, assertThrows } from "@std/assert";
import { parseVariables } from "../../../lib/config/load.ts";
import { USERS } from "../../support/variables.ts";

for (
  const [name, text, meant] of [
    ["MAX_HEADER_SIZE", "16k", "16KiB"],
    ["MAX_HEADER_SIZE", "16 KB", "16KiB"],
    ["MAX_HEADER_SIZE", "1M", "1MiB"],
    ["MAX_HEADER_SIZE", "16384", "16KiB"],
    ["MAX_HEADER_SIZE", "16000", undefined],
    ["MAX_HEADER_SIZE", "2GB", undefined],
    ["MAX_HEADER_SIZE", "2MiB", undefined],
    ["POLICY", "least_conn", "least_connections"],
    ["POLICY", "leastconn", "least_connections"],
    ["POLICY", "Round-Robin", "round_robin"],
    ["POLICY", "best", undefined],
    ["ENGINE", "TCP", "tcp"],
    ["ACCESS_LOG", "JSON", "json"],
    ["HASH_ON", "adress", "address"],
    ["HOST", "a:80", "a"],
    ["HOST", "[::1]:80", "[::1]"],
    ["HOST", "a b:80", undefined],
    ["HOST", "*", "0.0.0.0"],
    ["FIRST_BYTE_TIMEOUT", "30", "30s"],
    ["FIRST_BYTE_TIMEOUT", "1.5s", "1500ms"],
    ["FIRST_BYTE_TIMEOUT", "90 Seconds", "90s"],
    ["FIRST_BYTE_TIMEOUT", "5min", "5m"],
    ["FIRST_BYTE_TIMEOUT", "1d", undefined], // too long
    ["REQUEST_TIMEOUT", "1 day", "24h"],
    ["REQUEST_TIMEOUT", "OFF", "off"],
    ["EJECT_MAX", "50", "50%"],
    ["EJECT_MAX", "0.5", "50%"],
    ["EJECT_MAX", "101", undefined],
    ["HASH_BALANCE", "1.25", "125%"],
    ["EJECT_ON_5XX", "yes", "on"],
    ["EJECT_ON_5XX", "0", "off"],
    ["EJECT_ON_5XX", "On", "on"],
    ["MAX_IN_FLIGHT", "10,000", "10000"],
    ["MAX_IN_FLIGHT", "10k", undefined],
    ["WORKERS", "AUTO", "auto"],
    ["HEALTH_PATH", "healthz", "/healthz"],
    ["HEALTH_PATH", "on", undefined],
    ["PORT", '"80"', "80"], // Docker keeps the quotes of an --env-file
    ["USERS_SERVICE", "'http://a;http://b'", "http://a;http://b"],
    ["PORT", '"x"', undefined],
  ] as const
) {
  Deno.test(`schema: for ${name}=${JSON.stringify(text)} the suggestion is ${meant}`, () => {
    const error = assertThrows(() => parseVariables({ ...USERS, [name]: text })) as Error;
    const [, found] = /, did you mean (.*)\?$/.exec(error.message) ?? [];
    assertEquals(found, meant);
    if (meant !== undefined) parseVariables({ ...USERS, [name]: meant });
  });
}
