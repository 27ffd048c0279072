/** The example by which the names of the configuration were agreed: it is right. */
import { assert, assertEquals } from "@std/assert";
import { loadConditionTools } from "../../lib/routing/tools.ts";
import { runTests } from "../../lib/routing/run_tests.ts";
import { problemsOfText } from "../support/configuration_file.ts";

/** With a hash of no password in place of `$2y$12$…`. */
const HASH = "$2y$12$abcdefghijklmnopqrstuuRdQYbW1tVTG0vRkHL5XqFB8sXJyZK9C";
const TEXT = Deno.readTextFileSync(new URL("agreed_example.jsonc", import.meta.url));

Deno.test("agreed example: it has the hash that these tests know", () => {
  assert(TEXT.includes(HASH));
});

Deno.test("agreed example: it is right, and its tests pass", async () => {
  const { errors, configuration } = await problemsOfText(TEXT);
  assertEquals(errors, "");
  const { routes, tests } = configuration!;
  assertEquals(tests.length, 2);
  const tools = await loadConditionTools(routes.map(({ match }) => match));
  for (const { differences, test } of runTests(configuration!, tools)) {
    assertEquals(differences, [], test.request);
  }
});
