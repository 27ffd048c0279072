import { assertEquals } from "@std/assert";
import { type Signal, SIGNALS } from "../../lib/cli/signal_rules.ts";
import { watchSignals } from "../../lib/cli/signals.ts";

/** A system with a clock of its own, which knows some signals only. */
function fakeSystem(known: readonly Signal[]) {
  const listeners = new Map<Signal, () => void>();
  const tasks: { at: number; task: () => void }[] = [];
  const log: string[] = [];
  const exits: number[] = [];
  let now = 0;
  const signals = watchSignals({
    listen(signal, listener) {
      // As Deno.addSignalListener does on a system that has no such signal.
      if (!known.includes(signal)) throw new TypeError(`Invalid signal: ${signal}`);
      listeners.set(signal, listener);
    },
    clock: () => now,
    circumstances: { isCompiled: true, hasTerminal: false },
    closeDebugger() {},
    later: (milliseconds, task) => void tasks.push({ at: now + milliseconds, task }),
    log: (level, message) => void log.push(`${level} ${message}`),
    exit: (status) => void exits.push(status),
  });
  return {
    signals,
    listeners,
    log,
    exits,
    send: (signal: Signal) => listeners.get(signal)!(),
    advanceTo(time: number) {
      now = time;
      for (const { task } of tasks.filter(({ at }) => at <= now)) task();
    },
  };
}

Deno.test("signals: one Ctrl-C that arrives three times drains, and a reminder comes when it can be repeated", async () => {
  const { signals, log, exits, send, advanceTo } = fakeSystem(SIGNALS);
  assertEquals(signals.isDraining, false);
  for (const time of [0, 1, 40]) {
    advanceTo(time);
    send("SIGINT");
  }
  assertEquals(signals.isDraining, true);
  assertEquals(await signals.drain, "SIGINT");
  const drains = "info SIGINT: not ready any more, finishing what is in flight";
  assertEquals([log, exits], [[drains], []]);
  advanceTo(1_000);
  const reminder = "info still finishing what is in flight: press Ctrl-C again to stop at once";
  assertEquals(log, [drains, reminder]);
  send("SIGINT");
  assertEquals(log, [drains, reminder, "warn SIGINT again: stopping at once"]);
  assertEquals(exits, [1]);
});

Deno.test("signals: SIGTERM is followed by no reminder, and SIGUSR1 by a line that says why nothing happens", () => {
  const { signals, log, send, advanceTo } = fakeSystem(SIGNALS);
  send("SIGUSR1");
  assertEquals(signals.isDraining, false);
  send("SIGTERM");
  advanceTo(60_000);
  assertEquals(log, [
    "warn SIGUSR1 is ignored: there is no log file to reopen, the logs go to standard output and standard error",
    "info SIGTERM: not ready any more, finishing what is in flight",
  ]);
});

Deno.test("signals: a system with fewer signals, such as Windows, drains on those that it has", async () => {
  const { signals, listeners, send } = fakeSystem(["SIGINT", "SIGBREAK", "SIGHUP"]);
  assertEquals([...listeners.keys()].sort(), ["SIGBREAK", "SIGHUP", "SIGINT"]);
  send("SIGBREAK");
  assertEquals(await signals.drain, "SIGBREAK");
});

Deno.test("signals: SIGHUP reloads, also one that comes before it is known how", () => {
  const { signals, send } = fakeSystem(SIGNALS);
  let reloads = 0;
  send("SIGHUP");
  send("SIGHUP");
  signals.onReload(() => void reloads++);
  assertEquals(reloads, 1);
  send("SIGHUP");
  assertEquals([reloads, signals.isDraining], [2, false]);
});

Deno.test("signals: SIGHUP says so if there is nothing to reload", () => {
  const { signals, log, send } = fakeSystem(SIGNALS);
  signals.onReload(undefined);
  assertEquals(log, []);
  send("SIGHUP");
  assertEquals(log, ["warn SIGHUP is ignored: there is no configuration to reload"]);
});
