import { assertEquals } from "@std/assert";
import {
  type FailureKind,
  FAILURES,
  formatFailure,
  mayHaveLeft,
  NO_BACKEND,
} from "../lib/outcome.ts";
import { answered, failed } from "./support/fakes.ts";

const KINDS = Object.keys(FAILURES) as FailureKind[];

for (const kind of KINDS) {
  const may = FAILURES[kind].mayHaveLeft;

  Deno.test(`outcome: with ${kind} a request may ${may ? "" : "not "}have left, unless the outcome says otherwise`, () => {
    assertEquals(mayHaveLeft(failed(kind)), may);
    assertEquals(mayHaveLeft({ ...failed(kind), neverLeft: false }), true);
    assertEquals(mayHaveLeft({ ...failed(kind), neverLeft: true }), false);
  });
}

Deno.test("outcome: without a backend a request has not left", () => {
  assertEquals(mayHaveLeft(NO_BACKEND), false);
});

Deno.test("outcome: a request that was answered has left", () => {
  assertEquals(mayHaveLeft(answered("ok")), true);
});

Deno.test("outcome: the log says a failure's kind and its detail, but not the same twice", () => {
  const refused = { ...failed("connection_refused"), detail: "connection refused" };
  assertEquals(formatFailure(refused), "connection_refused");
  const unknown = { ...failed("dns_error"), detail: "name or service not known" };
  assertEquals(formatFailure(unknown), "dns_error: name or service not known");
});
