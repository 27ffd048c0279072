import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  MAX_UNSETTLED_MS,
  type Seen,
  SETTLE_MS,
  Settling,
} from "../../../lib/runtime/file_watch/settling.ts";

const READ_AT = 1_000_000;

/** Files by their states, written long ago. */
function files(...states: readonly string[]): Map<string, Seen> {
  return new Map(states.map((state, index) => [`file ${index}`, { state, writtenAt: 0 }]));
}

/** Files that were read, and then looked at every 100 ms. @returns each time at which they changed */
function changesOf(read: string, looks: readonly string[]): number[] {
  const settling = new Settling();
  settling.replace(files(read), READ_AT);
  return looks.flatMap((state, index) => {
    const now = index * SETTLE_MS;
    return settling.look(files(state), now).changed ? [now] : [];
  });
}

for (
  const [what, looks, changes] of [
    ["nothing happens", ["a", "a", "a"], []],
    ["a file is written once", ["a", "b", "b", "b"], [200]],
    ["a file is written in two pieces", ["a", "b", "c", "c", "c"], [300]],
    ["a file is written and written back", ["b", "a", "a", "a"], []],
    ["a file is written twice with a pause", ["b", "b", "b", "c", "c"], [100, 400]],
    ["a file is removed and comes back", ["absent", "b", "b"], [200]],
  ] as const
) {
  Deno.test(`settling: if ${what}, it has changed ${changes.length} times`, () => {
    assertEquals(changesOf("a", looks), changes);
  });
}

Deno.test("settling: a file that is written all the time has changed every two seconds, and once more at the end", () => {
  const looks = Array.from({ length: 45 }, (_, index) => `state ${index}`);
  const changes = changesOf("a", [...looks, "state 44", "state 44"]);
  assertEquals(changes, [MAX_UNSETTLED_MS, 2 * MAX_UNSETTLED_MS, 4_500]);
});

Deno.test("settling: what changes before the reading of a change has ended is another one", () => {
  // After two seconds of constant change it was told of, and then it stays as it was: who read it meanwhile
  // may have read the half of it.
  const looks = Array.from({ length: 21 }, (_, index) => `state ${index}`);
  assertEquals(changesOf("a", [...looks, "state 20"]), [MAX_UNSETTLED_MS, 2_100]);
});

Deno.test("settling: a file that was written while it was read has changed, and one from before has not", () => {
  for (const [writtenAt, isChanged] of [[READ_AT + 5, true], [READ_AT - 1_000, false]] as const) {
    const settling = new Settling();
    const seen = new Map([["file", { state: "a", writtenAt }]]);
    settling.replace(seen, READ_AT);
    assertEquals(settling.look(seen, 0), { changed: false, again: isChanged });
    assertEquals(settling.look(seen, SETTLE_MS), { changed: isChanged, again: false });
    assertEquals(settling.look(seen, 2 * SETTLE_MS), { changed: false, again: false });
  }
});

Deno.test("settling: a new set of files leaves what is known of those that stay", () => {
  const settling = new Settling();
  settling.replace(files("a"), READ_AT);
  // The first file changed after it was read, before the set was replaced.
  settling.replace(files("b", "c"), READ_AT);
  assertEquals(settling.look(files("b", "c"), 0).again, true);
  assertEquals(settling.look(files("b", "c"), SETTLE_MS).changed, true);
  settling.replace(files("b"), READ_AT);
  assertEquals(settling.look(files("b"), 2 * SETTLE_MS), { changed: false, again: false });
});

Deno.test("settling: whatever happens, the last change is told of after the last write", () => {
  const states = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 60 });
  fc.assert(fc.property(states, (looks) => {
    const settling = new Settling();
    settling.replace(files("a"), READ_AT);
    let told = "a";
    let now = 0;
    // What was read when it was told of is what the look saw.
    for (const state of [...looks, ...Array(2).fill(looks.at(-1) ?? "a")]) {
      if (settling.look(files(state), now).changed) told = state;
      now += SETTLE_MS;
    }
    assertEquals(told, looks.at(-1) ?? "a");
    assertEquals(settling.isUnsettled, false);
  }));
});
