import { assert, assertEquals } from "@std/assert";
import { pauseAfterAnswer, pauseAfterFailure } from "../../lib/discovery/schedule.ts";

for (
  const [ttl, maxAge, pause] of [
    [600_000, 5_000, 5_000], // Docker's
    [3_000, 5_000, 3_000],
    [0, 5_000, 1_000], // dnsmasq's and Consul's
    [500, 5_000, 1_000],
    [Infinity, 5_000, 5_000],
    [600_000, 3_600_000, 600_000],
    [60_000, 1_000, 1_000],
  ] as const
) {
  Deno.test(`schedule: after an answer with a TTL of ${ttl} ms and at most ${maxAge} ms it is ${pause} ms, less a tenth at most`, () => {
    assertEquals(pauseAfterAnswer(ttl, maxAge, 0), pause);
    assertEquals(pauseAfterAnswer(ttl, maxAge, 1), Math.max(1_000, pause * 0.9));
  });
}

Deno.test("schedule: after failures it is tried again in 1, 2, 4, and then 5 s", () => {
  const pauses = [1, 2, 3, 4, 5, 1_000_000].map((failures) =>
    pauseAfterFailure(failures, 60_000, 0)
  );
  assertEquals(pauses, [1_000, 2_000, 4_000, 5_000, 5_000, 5_000]);
});

Deno.test("schedule: after failures it is not longer than answers are used", () => {
  assertEquals(pauseAfterFailure(9, 2_000, 0), 2_000);
});

Deno.test("schedule: it is never less than a second", () => {
  for (let random = 0; random < 1; random += 0.1) {
    for (const ttl of [0, 1, 999, 1_000, 1_050, 5_000]) {
      assert(pauseAfterAnswer(ttl, 5_000, random) >= 1_000);
    }
    assert(pauseAfterFailure(1, 1_000, random) >= 1_000);
  }
});
