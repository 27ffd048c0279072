/** What a part of the program loads: whatever is loaded holds memory for as long as the program runs. */
import { assertEquals } from "@std/assert";
import { loadedWith } from "./support/architecture.ts";

/** Those of the files and packages that are loaded with any of these files and match. */
function found(paths: readonly string[], pattern: RegExp): string[] {
  const loaded = new Set(paths.flatMap((path) => [...loadedWith(path)]));
  return [...loaded].filter((path) => pattern.test(path)).sort();
}

const COMMAND_LINE = ["main.ts", "lib/cli/main.ts"];
const START = [...COMMAND_LINE, "lib/cli/commands/start.ts"];
const WORKER = "lib/runtime/worker.ts";

/** What comes from Node or from npm. */
const FOREIGN = /^(?!lib\/|main\.ts|deno\.json)/;

Deno.test("loading: the command line loads no command, whichever is asked for", () => {
  assertEquals(found(COMMAND_LINE, /^lib\/(?:cli\/(?:commands\/|demo)|runtime|simulate)/), []);
});

Deno.test("loading: start loads neither the simulator, nor the demo, nor an engine", () => {
  assertEquals(found(START, /^lib\/(?:simulate|cli\/demo|engines\/(?:web|tcp)\/(?!http1))/), []);
});

Deno.test("loading: start loads these packages, and of Node only what is small", () => {
  assertEquals(found(START, FOREIGN), [
    "@std/async/deadline",
    "@std/async/delay",
    "@std/http/status",
    "node:util",
    "zod",
  ]);
});

Deno.test("loading: rules for a configuration file are loaded only for a file, and expressions only if it has some", () => {
  assertEquals(found(START, /^lib\/routing\/(?:file_rules|unreachable|check_expressions)/), []);
  assertEquals(found(["lib/routing/file_rules.ts"], /re2js|expression/), []);
});

for (const [engine, other] of [["web", "tcp"], ["tcp", "web"]] as const) {
  const paths = [WORKER, `lib/engines/${engine}/serve.ts`];

  Deno.test(`loading: a worker of the ${engine} engine does not load the other one`, () => {
    assertEquals(found([WORKER], /^lib\/engines\/(?:web|tcp)\//), []);
    assertEquals(found(paths, new RegExp(`^lib/engines/${other}/(?!http1/)`)), []);
  });

  Deno.test(`loading: a worker of the ${engine} engine loads no schema, and of Node only what is small`, () => {
    assertEquals(found(paths, /^lib\/(?:cli|simulate|admin)\/|^lib\/config\/schema/), []);
    assertEquals(found(paths, FOREIGN), [
      ...(engine === "tcp" ? ["@std/async/deadline"] : []),
      "@std/async/delay",
      "@std/http/status",
      ...(engine === "web" ? ["node:timers/promises"] : []),
    ]);
  });
}

Deno.test("loading: a worker of the web engine loads what relays WebSockets only for the first one", () => {
  assertEquals(found([WORKER, "lib/engines/web/serve.ts"], /\/websocket\//), []);
});

Deno.test("loading: what a file imports later is not loaded with it", () => {
  assertEquals(loadedWith("lib/cli/commands.ts").has("lib/cli/commands/start.ts"), false);
  assertEquals(loadedWith("lib/cli/commands.ts").has("lib/config/source/variables.ts"), true);
});
