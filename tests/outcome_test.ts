import { assertEquals } from "@std/assert";
import { type FailureKind, FAILURES, mayHaveLeft, NO_BACKEND } from "../lib/outcome.ts";
import { failed } from "./support/fakes.ts";

const KINDS = Object.keys(FAILURES) as FailureKind[];

for (const kind of KINDS) {
  const may = FAILURES[kind].mayHaveLeft;

  Deno.test(`outcome: ${kind} may ${may ? "" : "not "}have left, but for what never left`, () => {
    assertEquals(mayHaveLeft(failed(kind)), may);
    assertEquals(mayHaveLeft({ ...failed(kind), neverLeft: false }), may);
    assertEquals(mayHaveLeft({ ...failed(kind), neverLeft: true }), false);
  });
}

Deno.test("outcome: where there was no backend nothing left", () => {
  assertEquals(mayHaveLeft(NO_BACKEND), false);
});
