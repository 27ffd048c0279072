import { assertEquals } from "@std/assert";
import { parseVariables } from "../../lib/config/load.ts";
import { engineLimits } from "../../lib/runtime/engine_limits.ts";

const { configuration } = parseVariables({ USERS_SERVICE: "http://a", MAX_CONNECTIONS: "1000" });

for (
  const [what, workers, descriptors, expected] of [
    ["one worker may have all of MAX_CONNECTIONS", 1, Infinity, 1000],
    ["several workers share MAX_CONNECTIONS equally", 4, Infinity, 250],
    ["clients get half of the file descriptors, if those are few", 2, 400, 100],
    ["each worker may have one connection at least", 4, 4, 1],
  ] as const
) {
  Deno.test(`engine limits: ${what}`, () => {
    assertEquals(engineLimits(configuration, workers, descriptors).maxConnections, expected);
  });
}
