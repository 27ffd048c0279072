import { assertEquals } from "@std/assert";
import {
  NO_SIGNAL_YET,
  reactTo,
  reminderOf,
  type Signal,
  type SignalState,
} from "../../lib/cli/signal_rules.ts";

/** The compiled binary, started at a terminal. */
const AT_TERMINAL = { isCompiled: true, hasTerminal: true };

/** The same without one, as systemd and Docker start it. */
const AS_SERVICE = { ...AT_TERMINAL, hasTerminal: false };

/** What signals do that come at these milliseconds. */
function actionsOf(...received: readonly (readonly [number, Signal])[]): string[] {
  let state: SignalState = NO_SIGNAL_YET;
  return received.map(([now, signal]) => {
    const reaction = reactTo(signal, state, now, AT_TERMINAL);
    state = reaction.state;
    return reaction.action;
  });
}

for (const signal of ["SIGINT", "SIGTERM", "SIGQUIT", "SIGHUP", "SIGBREAK"] as const) {
  Deno.test(`signal rules: the first ${signal} drains`, () => {
    const { action, message } = reactTo(signal, NO_SIGNAL_YET, 5_000, AT_TERMINAL);
    assertEquals(action, "drain");
    assertEquals(message, `${signal}: not ready any more, finishing what is in flight`);
  });
}

for (const [signal, then] of [["SIGTERM", "SIGTERM"], ["SIGINT", "SIGTERM"]] as const) {
  Deno.test(`signal rules: ${then} within a second of ${signal} changes nothing, however often`, () => {
    assertEquals(
      actionsOf([5_000, signal], [5_001, then], [5_003, then], [5_999, then]),
      ["drain", "nothing", "nothing", "nothing"],
    );
  });
}

Deno.test("signal rules: from a second after the first, a further one stops at once", () => {
  for (const signal of ["SIGINT", "SIGTERM", "SIGQUIT", "SIGBREAK"] as const) {
    assertEquals(actionsOf([5_000, "SIGINT"], [5_001, "SIGINT"], [6_000, signal]), [
      "drain",
      "nothing",
      "stop at once",
    ]);
  }
  const { state } = reactTo("SIGTERM", NO_SIGNAL_YET, 0, AT_TERMINAL);
  assertEquals(
    reactTo("SIGINT", state, 1_000, AT_TERMINAL).message,
    "SIGINT again: stopping at once",
  );
});

Deno.test("signal rules: the second counts from the first signal, not from one that changed nothing", () => {
  assertEquals(actionsOf([0, "SIGINT"], [900, "SIGINT"], [1_000, "SIGINT"]).at(-1), "stop at once");
});

Deno.test("signal rules: without a terminal SIGHUP reloads, each time, and does nothing during a drain", () => {
  const first = reactTo("SIGHUP", NO_SIGNAL_YET, 0, AS_SERVICE);
  assertEquals([first.action, first.message], ["reload", undefined]);
  assertEquals(reactTo("SIGHUP", first.state, 1, AS_SERVICE).action, "reload");
  const { state } = reactTo("SIGTERM", first.state, 2, AS_SERVICE);
  assertEquals(reactTo("SIGHUP", state, 2_000, AS_SERVICE).action, "nothing");
});

Deno.test("signal rules: SIGHUP never cuts off, as a terminal that is closed sends it", () => {
  assertEquals(actionsOf([0, "SIGINT"], [1_500, "SIGHUP"], [9_000, "SIGHUP"]), [
    "drain",
    "nothing",
    "nothing",
  ]);
  assertEquals(actionsOf([0, "SIGHUP"], [1_500, "SIGTERM"]), ["drain", "stop at once"]);
});

for (const signal of ["SIGUSR1", "SIGUSR2"] as const) {
  Deno.test(`signal rules: ${signal} is explained and does nothing, also during a drain`, () => {
    const first = reactTo(signal, NO_SIGNAL_YET, 0, AT_TERMINAL);
    assertEquals([first.action, first.message?.split(":")[0]], ["nothing", `${signal} is ignored`]);
    assertEquals(actionsOf([0, signal], [2_000, "SIGTERM"], [4_000, signal]), [
      "nothing",
      "drain",
      "nothing",
    ]);
  });

  Deno.test(`signal rules: ${signal} that comes twice at once is explained once, another time again`, () => {
    const messages: boolean[] = [];
    let state: SignalState = NO_SIGNAL_YET;
    for (const now of [0, 1, 1_000]) {
      const reaction = reactTo(signal, state, now, AT_TERMINAL);
      messages.push(reaction.message !== undefined);
      state = reaction.state;
    }
    assertEquals(messages, [true, false, true]);
    const other = signal === "SIGUSR1" ? "SIGUSR2" : "SIGUSR1";
    assertEquals(reactTo(other, state, 1_001, AT_TERMINAL).message?.startsWith(other), true);
  });
}

Deno.test("signal rules: each SIGUSR1 closes the debugger that deno run opens for it; a compiled binary has none", () => {
  const first = reactTo("SIGUSR1", NO_SIGNAL_YET, 0, { ...AT_TERMINAL, isCompiled: false });
  const second = reactTo("SIGUSR1", first.state, 1, { ...AT_TERMINAL, isCompiled: false });
  assertEquals([first.action, second.action], ["close debugger", "close debugger"]);
  assertEquals([/debugger/.test(first.message!), second.message], [true, undefined]);
  const compiled = reactTo("SIGUSR1", NO_SIGNAL_YET, 0, AT_TERMINAL);
  assertEquals([compiled.action, /debugger/.test(compiled.message!)], ["nothing", false]);
  assertEquals(
    reactTo("SIGUSR2", NO_SIGNAL_YET, 0, { ...AT_TERMINAL, isCompiled: false }).action,
    "nothing",
  );
});

Deno.test("signal rules: only who pressed Ctrl-C is reminded that it can be pressed again", () => {
  assertEquals(reminderOf("SIGINT")?.includes("press Ctrl-C again to stop at once"), true);
  for (const signal of ["SIGTERM", "SIGQUIT", "SIGHUP", "SIGBREAK"] as const) {
    assertEquals(reminderOf(signal), undefined);
  }
});
