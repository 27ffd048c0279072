/** Whatever changes is told of, and no secret. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { changesOf } from "../../lib/config/changes.ts";
import { isEqual } from "../../lib/config/differences.ts";
import { routeIdOf } from "../../lib/routing/route_id.ts";
import { configurationOf, problemsOfText } from "../support/configuration_file.ts";
import { EXAMPLE } from "../support/example_configuration.ts";
import { type Json, type JsonPath, replaceAt, valuesOf } from "../support/json.ts";

/** Without its comment. */
const PLAIN = JSON.parse(EXAMPLE.replace(/^ *\/\/.*$/m, "")) as Json;

/** A note for editors may have any text. */
const PATHS = valuesOf(PLAIN).filter(([name]) => name !== "$schema");

const VALUES: readonly Json[] = [
  ..."off all auto 1 5s 20% 32KiB http://a /a 10.0.0.0/8 users tcp web random GET".split(" "),
  ...[1, 50, 301, 8080, true, false, {}, []],
  "a secret of other tests",
];

Deno.test("changes: any other value of a setting gives at least one line, and no secret", async () => {
  const change = fc.tuple(fc.constantFrom(...PATHS), fc.constantFrom(...VALUES));
  const before = await configurationOf(EXAMPLE);
  let valid = 0;
  const judge = async (changes: readonly (readonly [JsonPath, Json])[]) => {
    const json = changes.reduce((json, [path, value]) => replaceAt(json, path, value), PLAIN);
    const { configuration: after } = await problemsOfText(JSON.stringify(json));
    if (after === undefined) return;
    valid++;
    const lines = [
      ...changesOf(before, after, { routeIdOf }),
      ...changesOf(after, before, { routeIdOf }),
    ];
    const isSame = isEqual({ ...before, tests: [] }, { ...after, tests: [] });
    assertEquals(lines.length === 0, isSame, JSON.stringify(changes));
    const text = lines.join("\n");
    assert(!/undefined|\[object|NaN|Infinity|secret of/.test(text), text);
  };
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 2 }), judge),
    { seed: 20261127, numRuns: 1_500 },
  );
  assert(valid > 100, `${valid}`);
});
