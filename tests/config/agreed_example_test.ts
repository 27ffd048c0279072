/** The example by which the names of the configuration were agreed: it is right, but for what is not built yet. */
import { assert, assertEquals } from "@std/assert";
import { checkBuilt } from "../../lib/config/rules/not_yet.ts";
import { readJsonc } from "../../lib/config/source/jsonc.ts";
import { formatPath, nodeAt, type Path, plain } from "../../lib/config/tree/node.ts";
import { loadConditionTools } from "../../lib/routing/tools.ts";
import { runTests } from "../../lib/routing/run_tests.ts";
import { problemsOfText } from "../support/configuration_file.ts";
import type { Json } from "../support/json.ts";

/** With a hash of no password in place of `$2y$12$…`. */
const HASH = "$2y$12$abcdefghijklmnopqrstuuRdQYbW1tVTG0vRkHL5XqFB8sXJyZK9C";
const TEXT = Deno.readTextFileSync(new URL("agreed_example.jsonc", import.meta.url));

Deno.test("agreed example: it has the hash that these tests know", () => {
  assert(TEXT.includes(HASH));
});

/** What is agreed and not built yet, as far as the example has it. */
const { context, problems } = await problemsOfText(TEXT);
const unbuilt = checkBuilt(context).map(({ path }) => path);

Deno.test("agreed example: all that is wrong with it is not built yet", () => {
  const errors = problems.filter(({ severity }) => severity === "error");
  assertEquals(errors.filter(({ message }) => message !== "is not built yet"), []);
  const places = (paths: readonly Path[]) =>
    new Set(paths.map((path) => JSON.stringify(nodeAt(context.root, path)?.place)));
  assertEquals(places(errors.map(({ path }) => path)), places(unbuilt));
});

Deno.test("agreed example: without that it is right, and its tests pass", async () => {
  const left = leaveOut(plain(readJsonc(TEXT).node!) as Json, []) as Record<string, Json>;
  // Without tls no listener is known to be that of https.
  const tests = (left["tests"] as Record<string, Json>[]).map((test) => ({
    ...test,
    listener: "https",
  }));
  const without = JSON.stringify({ ...left, tests }, null, 2);
  const { errors, configuration } = await problemsOfText(without);
  assertEquals(errors, "");
  const { routes } = configuration!;
  assertEquals(configuration!.tests.length, 2);
  const tools = await loadConditionTools(routes.map(({ match }) => match));
  for (const { differences, test } of runTests(configuration!, tools)) {
    assertEquals(differences, [], test.request);
  }
});

/** Removes what is not built yet. What `defaults` says of it stands in each pool as well. */
function leaveOut(value: Json, path: Path): Json {
  const isUnbuilt = (inner: Path) => {
    const [first, ...setting] = inner;
    const paths = first === "defaults"
      ? [...context.pools.keys()].map((name) => ["pools", name, ...setting])
      : [inner];
    return paths.some((path) =>
      unbuilt.some((known) => formatPath(known) === formatPath(path)) && isOwn(path, inner)
    );
  };
  if (Array.isArray(value)) {
    return value.flatMap((item: Json, index) => {
      const left = leaveOut(item, [...path, index]);
      // A backend that is only a file has nothing left.
      return isUnbuilt([...path, index]) || JSON.stringify(left) === "{}" ? [] : [left];
    });
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).filter(([name]) => !isUnbuilt([...path, name]))
      .map(([name, inner]) => [name, leaveOut(inner, [...path, name])]),
  );
}

/** Whether a pool has a value from where it stands, and not from itself. */
function isOwn(pool: Path, written: Path): boolean {
  return nodeAt(context.root, pool)?.place === nodeAt(context.root, written)?.place;
}
