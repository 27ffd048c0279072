import { assert, assertEquals } from "@std/assert";
import type { PoolEvent } from "../../lib/health/events.ts";
import { LogRouter } from "../../lib/runtime/log_router.ts";
import type { LogNotice } from "../../lib/runtime/messages.ts";

const reason = "connection_refused: x";
const failures = 5;

/** One of each kind, of which a load can cause any number. */
const EVENTS: { readonly [Kind in PoolEvent["kind"]]: PoolEvent & { readonly kind: Kind } } = {
  fails: { kind: "fails", backend: "a:5000", reason },
  answers: { kind: "answers", backend: "a:5000" },
  ejected: { kind: "ejected", backend: "a:5000", reason, failures, milliseconds: 1 },
  "kept in use": { kind: "kept in use", backend: "a:5000", reason },
  reinstated: { kind: "reinstated", backend: "a:5000" },
  down: { kind: "down", backend: "a:5000", reason },
  up: { kind: "up", backend: "a:5000", reason },
  panic: { kind: "panic" },
  calm: { kind: "calm" },
};

const NOTICES: { readonly [Kind in Exclude<LogNotice["kind"], "lines">]: readonly LogNotice[] } = {
  event: Object.values(EVENTS).map((event) => ({ kind: "event", event, pool: "users" })),
  fault: [{ kind: "fault", message: "a request failed by a fault of this program: x" }],
  warning: [{ kind: "warning", message: "cannot accept connections for now: x" }],
};

function createRouter() {
  const lines: string[] = [];
  const state = { now: 0 };
  const router = new LogRouter({
    clock: () => state.now,
    write: (level, message) => lines.push(`${level} ${message}`),
  });
  return { router, lines, state };
}

for (const notice of Object.values(NOTICES).flat()) {
  const what = "event" in notice ? notice.event.kind : notice.kind;
  Deno.test(`log router: "${what}", reported a hundred times a second for a minute, is logged ten times at most`, () => {
    const { router, lines, state } = createRouter();
    for (state.now = 0; state.now < 60_000; state.now += 10) router.route(notice);
    assert(lines.length >= 1 && lines.length <= 10, `${lines.length} lines`);
  });
}

Deno.test("log router: a backend that flaps has ten lines a minute for all that happens to it", () => {
  const { router, lines, state } = createRouter();
  for (state.now = 0; state.now < 6_000; state.now += 10) {
    for (const kind of ["ejected", "panic", "reinstated", "calm"] as const) {
      router.route({ kind: "event", event: EVENTS[kind], pool: "users" });
    }
  }
  assertEquals(lines.length, 20, "ten about the backend, ten about the pool");
});

Deno.test("log router: a warning whose details vary is one warning", () => {
  const { router, lines } = createRouter();
  for (let i = 0; i < 100; i++) router.route({ kind: "warning", message: `it broke: ${i}` });
  assertEquals(lines, ["warn it broke: 0"]);
});
