import { assertMatch, assertNotEquals } from "@std/assert";
import { newInstanceName } from "../../lib/runtime/instance_name.ts";

Deno.test("instance name: it is a token, and another one each time", () => {
  assertMatch(newInstanceName(), /^roundabout-[0-9a-f]{8}$/);
  assertNotEquals(newInstanceName(), newInstanceName());
});
