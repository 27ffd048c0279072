import { assertEquals } from "@std/assert";
import { OverloadGuard } from "../../../lib/engines/shared/overload.ts";
import { InFlightCount } from "../../../lib/shared_memory/in_flight_count.ts";

function guard(maxInFlight: number) {
  const requests = new InFlightCount();
  const warnings: string[] = [];
  const clock = { now: 0 };
  const warn = (warning: string) => warnings.push(warning);
  return {
    guard: new OverloadGuard(requests, maxInFlight, warn, () => clock.now),
    warnings,
    clock,
  };
}

Deno.test("overload guard: a request over the limit is not counted, and a release makes room", () => {
  const { guard: requests } = guard(2);
  const acquired = [requests.acquire(), requests.acquire(), requests.acquire()];
  assertEquals([acquired, requests.inFlight], [[true, true, false], 2]);
  requests.release();
  assertEquals([requests.acquire(), requests.inFlight], [true, 2]);
});

Deno.test("overload guard: it warns when an overload begins, and again after a quiet time", () => {
  const { guard: requests, warnings, clock } = guard(0);
  for (clock.now = 0; clock.now < 30_000; clock.now += 1_000) requests.acquire();
  assertEquals(warnings, ["limits.inFlight is reached: further requests are answered 503"]);
  clock.now += 10_000;
  requests.acquire();
  assertEquals(warnings.length, 2);
});

Deno.test("overload guard: without an overload it does not warn", () => {
  const { guard: requests, warnings } = guard(1);
  requests.acquire();
  assertEquals(warnings, []);
});
