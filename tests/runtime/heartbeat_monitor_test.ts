import { assertEquals } from "@std/assert";
import { HeartbeatMonitor } from "../../lib/runtime/heartbeat_monitor.ts";

function createMonitor() {
  const events: string[] = [];
  const monitor = new HeartbeatMonitor({
    onHang: (number) => events.push(`${number} hangs`),
    onRecovery: (number) => events.push(`${number} goes on`),
    onHangForGood: (number) => events.push(`${number} hangs for good`),
  });
  return { monitor, events };
}

Deno.test("heartbeat monitor: a worker whose heartbeat stands still for five seconds hangs, and is reported once", () => {
  const { monitor, events } = createMonitor();
  for (const now of [0, 4_999]) monitor.check(1, 7, now);
  assertEquals([events, monitor.hanging], [[], []]);
  for (const now of [5_000, 6_000]) monitor.check(1, 7, now);
  assertEquals([events, monitor.hanging], [["1 hangs"], [1]]);
});

Deno.test("heartbeat monitor: a heartbeat that changes again is a recovery", () => {
  const { monitor, events } = createMonitor();
  for (const now of [0, 5_000]) monitor.check(1, 7, now);
  monitor.check(1, 8, 5_050);
  assertEquals([events, monitor.hanging], [["1 hangs", "1 goes on"], []]);
});

Deno.test("heartbeat monitor: after 30 seconds a worker hangs for good", () => {
  const { monitor, events } = createMonitor();
  for (const now of [0, 5_000, 29_999, 30_000]) monitor.check(1, 7, now);
  assertEquals(events, ["1 hangs", "1 hangs for good"]);
});

Deno.test("heartbeat monitor: workers are watched apart, and one that died is forgotten", () => {
  const { monitor, events } = createMonitor();
  for (const now of [0, 5_000]) {
    monitor.check(1, 7, now);
    monitor.check(2, now, now);
  }
  assertEquals([events, monitor.hanging], [["1 hangs"], [1]]);
  monitor.forget(1);
  assertEquals(monitor.hanging, []);
  monitor.check(1, 7, 9_000);
  assertEquals(events, ["1 hangs"], "the worker in its place starts anew");
});
