import { assertEquals } from "@std/assert";
import { formatEvent, type PoolEvent } from "../../lib/health/events.ts";

const backend = "users-2:5000";
const reason = "dns_error: name or service not known";

for (
  const [event, level, line] of [
    [{ kind: "fails", backend, reason }, "warn", `users-2:5000 fails: ${reason}`],
    [{ kind: "answers", backend }, "info", "users-2:5000 answers again"],
    [
      { kind: "ejected", backend, reason, failures: 5, milliseconds: 9_999.999_999 },
      "warn",
      `users-2:5000 is ejected for 10 s, failures: 5: ${reason}`,
    ],
    [
      { kind: "ejected", backend, reason, failures: 5, milliseconds: undefined },
      "warn",
      `users-2:5000 is ejected until it can be connected to, failures: 5: ${reason}`,
    ],
    [
      { kind: "kept in use", backend, reason },
      "warn",
      `users-2:5000 fails and stays in use, as ejection.max is reached: ${reason}`,
    ],
    [{ kind: "reinstated", backend }, "info", "users-2:5000 is reinstated"],
    [
      { kind: "down", backend, reason: "answered 500" },
      "warn",
      "users-2:5000 is down, its probes say: answered 500",
    ],
    [
      { kind: "up", backend, reason: "answered 200" },
      "info",
      "users-2:5000 is up, its probes say: answered 200",
    ],
    [{ kind: "panic" }, "warn", "no backend is usable: requests go to all of them until one is"],
    [{ kind: "calm" }, "info", "a backend is usable again: requests go to those that are"],
  ] as const satisfies (readonly [PoolEvent, string, string])[]
) {
  Deno.test(`events: "${event.kind}" is logged as ${level}: ${line}`, () => {
    assertEquals(formatEvent(event), [level, line]);
  });
}

Deno.test("events: a backend that has a name is called by it", () => {
  const names = new Map([[backend, "users-2"]]);
  assertEquals(formatEvent({ kind: "reinstated", backend }, names)[1], "users-2 is reinstated");
  const other = { kind: "answers", backend: "users-3:5000" } as const;
  assertEquals(formatEvent(other, names)[1], "users-3:5000 answers again");
  assertEquals(formatEvent({ kind: "calm" }, names), formatEvent({ kind: "calm" }));
});
