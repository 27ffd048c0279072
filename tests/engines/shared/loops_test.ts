import { assertEquals } from "@std/assert";
import { LoopGuard } from "../../../lib/engines/shared/loops.ts";

function guard() {
  const warnings: string[] = [];
  const clock = { now: 0 };
  const warn = (warning: string) => warnings.push(warning.split(": ")[0]!);
  return { loops: new LoopGuard("edge-1", warn, () => clock.now), warnings, clock };
}

Deno.test("loop guard: it finds requests whose Via has its name, and no others", () => {
  const { loops } = guard();
  const vias = [undefined, "", "1.1 edge-2", "1.1 a, 1.1 edge-1"];
  assertEquals(vias.map((via) => loops.finds(via)), [false, false, false, true]);
});

Deno.test("loop guard: it warns when loops begin, and again after a quiet time", () => {
  const { loops, warnings, clock } = guard();
  loops.finds("1.1 edge-2");
  assertEquals(warnings, []);
  for (clock.now = 0; clock.now < 30_000; clock.now += 1_000) loops.finds("1.1 edge-1");
  assertEquals(warnings.length, 1);
  clock.now += 10_000;
  loops.finds("1.1 edge-1");
  assertEquals(warnings.length, 2);
});

Deno.test("loop guard: it warns of each backend that answers 508", () => {
  const { loops, warnings } = guard();
  for (const status of [200, 500, 508, 508]) loops.noteAnswer("a:5000", status);
  loops.noteAnswer("b:5000", 508);
  assertEquals(warnings, [
    "a:5000 answers 508 (loop detected)",
    "b:5000 answers 508 (loop detected)",
  ]);
});
