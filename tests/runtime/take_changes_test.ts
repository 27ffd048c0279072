import { assertEquals } from "@std/assert";
import { TakeChanges } from "../../lib/runtime/take_changes.ts";
import { Wheel } from "../../lib/time/timer_wheel.ts";

/** Takes addresses by a configuration that answers in this way, one after the other. */
function takingWith(...answers: readonly (string | Error | undefined)[]) {
  const wheel = new Wheel(0);
  const reports: unknown[] = [];
  let asked = 0;
  const taking = new TakeChanges({
    live: {
      refresh() {
        const answer = answers[asked++];
        return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
      },
    },
    wheel,
    failure: "backends cannot be changed",
    report: (notice) => reports.push(notice),
  });
  return {
    taking,
    reports,
    /** How often it has been tried. */
    tried: () => asked,
    async pass(milliseconds: number) {
      wheel.turn(wheel.now + milliseconds);
      for (let turn = 0; turn < 5; turn++) await null;
    },
  };
}

Deno.test("taking addresses: what workers cannot take is tried again, until they can", async () => {
  const { taking, reports, tried, pass } = takingWith("it may hang", "it may hang", undefined);
  await taking.take();
  await pass(9_000);
  assertEquals(tried(), 1);
  await pass(1_200);
  assertEquals(tried(), 2);
  await pass(10_200);
  assertEquals(tried(), 3);
  await pass(60_000);
  assertEquals(tried(), 3);
  const message = "backends cannot be changed: it may hang";
  assertEquals(reports, [{ kind: "warning", message }, { kind: "warning", message }]);
});

Deno.test("taking addresses: nothing is tried after the end", async () => {
  const { taking, tried, pass } = takingWith("no", "no", "no");
  const running = taking.take();
  taking[Symbol.dispose]();
  await running;
  await pass(60_000);
  assertEquals(tried(), 1);
});

Deno.test("taking addresses: a fault is reported, and ends nothing", async () => {
  const { taking, reports } = takingWith(new Error("broken"), undefined);
  await taking.take();
  await taking.take();
  assertEquals(reports, [{ kind: "fault", message: "backends cannot be changed: Error: broken" }]);
});
