import { assert, assertEquals } from "@std/assert";
import manifest from "../deno.json" with { type: "json" };
import { POLICIES } from "../lib/policies/mod.ts";
import { codeOf, FILES, filesIn, IMPORTS, textOf } from "./support/architecture.ts";
import { filesOf, PARTS, SECONDS } from "./parts/parts.ts";

/** A longer file has more than one idea. */
const MAX_LINES = 300;

const linesOf = (path: string) => textOf(path).trimEnd().split("\n").length;

Deno.test(`architecture: no file in lib is longer than ${MAX_LINES} lines`, () => {
  const long = filesIn("lib").filter((path) => linesOf(path) > MAX_LINES);
  assertEquals(long, []);
});

Deno.test("architecture: main.ts has at most 60 lines", () => {
  assert(linesOf("main.ts") <= 60, `${linesOf("main.ts")} lines`);
});

Deno.test("architecture: each test lies where lib has what it tests", () => {
  const folders = new Set(FILES.map(folderOf));
  const mirrored = filesIn("tests").filter((path) => path.endsWith("_test.ts"))
    .filter((path) => !path.startsWith("tests/bench/"));
  const strays = mirrored.filter((path) => {
    const folder = folderOf(path).replace(/^tests/, "lib");
    return !folders.has(folder);
  });
  assertEquals(strays, []);
});

Deno.test("architecture: the parts that deno task test runs have each file of tests once", () => {
  const parts = Array.from({ length: PARTS }, (_, index) => index + 1);
  const loaders = parts.map((part) => `tests/parts/${part}.ts`);
  assertEquals(filesIn("tests/parts"), [...loaders, "tests/parts/parts.ts"].sort());
  for (const part of parts) assert(textOf(loaders[part - 1]!).includes(`loadPart(${part})`));
  const tests = filesIn("tests").filter((path) => path.endsWith("_test.ts"));
  assertEquals(parts.flatMap(filesOf).map((path) => `tests/${path}`).sort(), tests);
  assertEquals(Object.keys(SECONDS).filter((path) => !tests.includes(`tests/${path}`)), []);
});

Deno.test("architecture: whatever serves runs with the same flags of V8", () => {
  const { start, demo, compile } = manifest.tasks; // the tasks of io: epoll are compared below
  const flags = [start, demo, compile].map(({ command }) => /--v8-flags=\S+/.exec(command)?.[0]);
  assert(flags[0] !== undefined);
  assertEquals(new Set(flags).size, 1);
});

Deno.test("architecture: native code may be called only by the tasks of io: epoll, which are otherwise those without it", () => {
  const commands = new Map(
    Object.entries(manifest.tasks).map(([name, { command }]) => [
      name,
      command,
    ]),
  );
  for (const name of ["start", "compile"]) {
    const words = commands.get(`${name}:epoll`)!.split(" ");
    assertEquals(words.filter((word) => word !== "--allow-ffi").join(" "), commands.get(name));
  }
  const allowed = [...commands].filter(([, command]) => /--allow-ffi/.test(command));
  assertEquals(allowed.map(([name]) => name), ["start:epoll", "compile:epoll"]);
});

const folderOf = (path: string) => path.slice(0, Math.max(0, path.lastIndexOf("/")));

/** Those that write to the log themselves: what starts and stops, and what limits all others. */
const LOG_WRITERS = [
  "lib/runtime/change_workers.ts",
  "lib/runtime/control_plane.ts",
  "lib/runtime/log_router.ts",
  "lib/runtime/reload.ts",
  "lib/runtime/supervisor.ts",
  "lib/runtime/take_changes.ts",
  "main.ts",
];

Deno.test("architecture: what requests can cause reaches the log through the log router alone, which limits it", () => {
  const writers = [...IMPORTS].filter(([, targets]) => targets.includes("lib/logging/log.ts"))
    .map(([path]) => path).filter((path) => !/^lib\/(?:cli|simulate)\//.test(path));
  assertEquals(writers.sort(), LOG_WRITERS);
});

Deno.test("architecture: only commands that print their result and end wait for whoever reads it", () => {
  const waiting = FILES.filter((path) => /\bwriteSync\b|\bconsole\b/.test(codeOf(textOf(path))));
  assertEquals(waiting, ["lib/logging/log.ts"]);
});

Deno.test("architecture: each policy has a file, a test file and a place in the table", () => {
  const names = Object.keys(POLICIES).sort();
  const files = filesIn("lib/policies").filter((path) => !/\/(?:mod|policy)\.ts$/.test(path));
  assertEquals(files, names.map((name) => `lib/policies/${name}.ts`));
  const tests = filesIn("tests/policies");
  for (const name of names) assert(tests.includes(`tests/policies/${name}_test.ts`), name);
});
