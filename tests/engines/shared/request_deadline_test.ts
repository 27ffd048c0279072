import { assertEquals } from "@std/assert";
import { startDeadline } from "../../../lib/engines/shared/request_deadline.ts";
import { TICK_MS, Wheel } from "../../../lib/time/timer_wheel.ts";

/** A request that notes whether it had expired when it was cancelled. */
function fakeRequest() {
  const request = {
    expired: false,
    cancelled: [] as boolean[],
    cancel: () => void request.cancelled.push(request.expired),
  };
  return request;
}

function turn(wheel: Wheel, milliseconds: number): void {
  for (const end = wheel.now + milliseconds; wheel.now < end;) wheel.turn(wheel.now + TICK_MS);
}

Deno.test("request deadline: once the time is up, the request has expired and is cancelled", () => {
  const wheel = new Wheel(0);
  const request = fakeRequest();
  startDeadline(request, wheel, 1_000);
  turn(wheel, 950);
  assertEquals([request.expired, request.cancelled], [false, []]);
  turn(wheel, 200);
  assertEquals([request.expired, request.cancelled], [true, [true]]);
});

Deno.test("request deadline: removed from the wheel, it ends nothing", () => {
  const wheel = new Wheel(0);
  const request = fakeRequest();
  wheel.remove(startDeadline(request, wheel, 1_000)!);
  turn(wheel, 2_000);
  assertEquals([request.expired, request.cancelled], [false, []]);
});

Deno.test("request deadline: without a REQUEST_TIMEOUT there is none", () => {
  assertEquals(startDeadline(fakeRequest(), new Wheel(0), Infinity), undefined);
});
