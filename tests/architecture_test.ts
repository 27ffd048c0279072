import { assert, assertEquals, assertThrows } from "@std/assert";
import { POLICIES } from "../lib/policies/mod.ts";
import {
  circlesIn,
  codeOf,
  filesIn,
  type Imports,
  importsOf,
  runtimeImportsOf,
  textOf,
} from "./support/architecture.ts";
import { filesOf, PARTS, SECONDS } from "./parts/parts.ts";

/**
 * The layers, from the lowest to the highest. A file belongs to the longest name that its path begins
 * with, and imports only from its own folder and from lower layers, types included. Folders that share
 * a layer do not import each other.
 */
const LAYERS: readonly (readonly string[])[] = [
  ["lib/time/", "lib/shared_memory/"],
  ["lib/"], // the words of the request path: outcome, request facts, retry rule, retry budget
  ["lib/http/", "lib/net/"],
  ["lib/config/", "lib/health/"],
  ["lib/backends/"],
  ["lib/policies/"],
  ["lib/pool/"],
  ["lib/logging/"],
  ["lib/proxy.ts"],
  ["lib/engines/engine.ts"],
  ["lib/engines/shared/"],
  ["lib/engines/tcp/http1/"],
  ["lib/engines/tcp/client/", "lib/engines/tcp/backend/"],
  ["lib/engines/tcp/exchange/"],
  ["lib/engines/web/", "lib/engines/tcp/"],
  ["lib/engines/mod.ts"],
  ["lib/admin/"],
  ["lib/simulate/scenario/"],
  ["lib/simulate/run/"],
  ["lib/simulate/report/"],
  ["lib/runtime/", "lib/simulate/"],
  ["lib/cli/"],
  ["main.ts"],
];

/** Folders whose files only decide: they get the time and chance as arguments. */
const PURE = [
  "lib/",
  "lib/proxy.ts",
  "lib/backends/",
  "lib/config/",
  "lib/engines/shared/",
  "lib/engines/tcp/http1/",
  "lib/health/",
  "lib/http/",
  "lib/policies/",
  "lib/pool/",
  "lib/shared_memory/",
  "lib/simulate/",
  "lib/simulate/report/",
  "lib/simulate/run/",
  "lib/simulate/scenario/",
  "lib/time/",
];

/** Files in those folders that have effects all the same. */
const EFFECTFUL = [
  "lib/config/load.ts", // reads the environment and .env
  "lib/engines/shared/drain.ts", // reads the time and waits
  "lib/engines/tcp/http1/forwarded_head.ts", // draws request ids
  "lib/engines/tcp/http1/local_reply_bytes.ts", // reads the time for Date
  "lib/engines/tcp/http1/proxy_lines.ts", // draws request ids
  "lib/engines/tcp/http1/request_id.ts", // draws request ids
  "lib/health/prober.ts", // sends probes
  "lib/simulate/command.ts", // reads files and prints
  "lib/time/clock.ts", // reads the system's clock
];

/** Files outside of those folders that must stay pure. */
const PURE_FILES = [
  "lib/admin/answer.ts",
  "lib/cli/command_line.ts",
  "lib/cli/signal_rules.ts",
  "lib/engines/tcp/client/phases.ts",
  "lib/logging/access_log.ts",
  "lib/logging/escape.ts",
  "lib/logging/repeat_limit.ts",
  "lib/logging/throttled_warning.ts",
  "lib/logging/timestamp.ts",
  "lib/net/buffers.ts",
  "lib/net/accept_error.ts",
  "lib/net/connect_error.ts",
  "lib/net/host_port.ts",
  "lib/net/lack.ts",
  "lib/net/plain_message.ts",
  "lib/runtime/address_watch.ts",
  "lib/runtime/backoff.ts",
  "lib/runtime/engine_limits.ts",
  "lib/runtime/heartbeat_monitor.ts",
  "lib/runtime/heartbeat_timer.ts",
  "lib/runtime/start_warnings.ts",
];

/** What pure files may import from outside: no effects, or only those that are named below. */
const PURE_PACKAGES = [
  "zod",
  "@std/data-structures/binary-heap",
  "@std/http/status",
  "pure-rand/distribution/uniformFloat64",
  "pure-rand/generator/xoroshiro128plus",
  "node:net",
  "node:crypto",
  "node:util",
];

/** What has an effect, or answers the same question differently each time. */
const EFFECTS = [
  /\bDeno\b/,
  /\bfetch\s*\(/,
  /\bset(?:Timeout|Interval|Immediate)\b/,
  /\bDate\.now\b/,
  /\bnew Date\s*\(\s*\)/,
  /\bMath\.random\b/,
  /\bperformance\b/,
  /\bcrypto\b/,
  /\bconsole\b/,
  /\bprocess\b/,
  /\bqueueMicrotask\b/,
];

/** Files longer than this need a reason that the table below gives. */
const MAX_LINES = 300;

const LONG_FILES: Readonly<Record<string, string>> = {};

const FILES = [...filesIn("lib"), "main.ts"];
const IMPORTS: Imports = new Map(FILES.map((path) => [path, importsOf(path, textOf(path))]));

/** The longest of the names that a path begins with; `lib/` stands for the files right in it only. */
function longestPrefix(path: string, names: readonly string[]): string | undefined {
  const matches = (name: string) =>
    name === "lib/" ? /^lib\/[^/]+$/.test(path) : path.startsWith(name);
  return names.filter(matches).sort((a, b) => b.length - a.length)[0];
}

/** Its layer's name and rank. */
function layerOf(path: string): { name: string; rank: number } {
  const name = longestPrefix(path, LAYERS.flat());
  if (name === undefined) throw new Error(`${path} lies in no layer`);
  return { name, rank: LAYERS.findIndex((names) => names.includes(name)) };
}

function upwardImports(imports: Imports): string[] {
  return [...imports].flatMap(([path, targets]) => {
    const from = layerOf(path);
    return targets.filter((target) => /^(?:lib\/|main\.ts)/.test(target)).filter((target) => {
      const to = layerOf(target);
      return to.name !== from.name && to.rank >= from.rank;
    }).map((target) => `${path} → ${target}`);
  });
}

function isPure(path: string): boolean {
  if (EFFECTFUL.includes(path)) return false;
  return PURE_FILES.includes(path) || PURE.includes(layerOf(path).name);
}

const effectsIn = (text: string) => EFFECTS.filter((effect) => effect.test(codeOf(text)));

Deno.test("architecture: imports go down the layers only, types included", () => {
  assertEquals(upwardImports(IMPORTS), []);
});

Deno.test("architecture: no files import each other in a circle, types included", () => {
  assertEquals(circlesIn(IMPORTS), []);
});

Deno.test("architecture: an import that goes up is found, whatever its kind", () => {
  for (
    const line of [
      'import { Pool } from "../pool/pool.ts";',
      'import type { Pool } from "../pool/pool.ts";',
      'import {\n  type Pool,\n} from "../pool/pool.ts";',
      'export * from "../pool/pool.ts";',
      'export type { Pool } from "../pool/pool.ts";',
      'import "../pool/pool.ts";',
      'const { Pool } = await import("../pool/pool.ts");',
      'type P = import("../pool/pool.ts").Pool;',
    ]
  ) {
    const path = "lib/backends/backend.ts";
    const imports = new Map([[path, importsOf(path, line)]]);
    assertEquals(upwardImports(imports), [`${path} → lib/pool/pool.ts`], line);
  }
});

Deno.test("architecture: an import between two folders of one layer is found", () => {
  const path = "lib/http/a.ts";
  const imports = new Map([[path, importsOf(path, 'import "../net/b.ts";')]]);
  assertEquals(upwardImports(imports), [`${path} → lib/net/b.ts`]);
});

Deno.test("architecture: a new folder needs a layer, a new file in a folder does not", () => {
  assertThrows(() => layerOf("lib/caching/cache.ts"), Error, "lies in no layer");
  assertEquals(layerOf("lib/pool/another.ts"), layerOf("lib/pool/pool.ts"));
});

Deno.test("architecture: imports in comments and strings are none", () => {
  const text = '// import "./a.ts";\n/* from "./b.ts" */\nconst x = \'import\' + "./c.ts";';
  assertEquals(importsOf("lib/x.ts", text), []);
});

Deno.test("architecture: a circle is found, of any length", () => {
  const imports = new Map([
    ["a", ["b"]],
    ["b", ["c", "d"]],
    ["c", ["a"]],
    ["d", ["d"]],
  ]);
  assertEquals(circlesIn(imports), ["a → b → c → a", "d → d"]);
});

for (const path of FILES.filter(isPure)) {
  Deno.test(`architecture: ${path} only decides`, () => {
    assertEquals(effectsIn(textOf(path)), []);
    const impure = runtimeImportsOf(path, textOf(path))
      .filter((from) =>
        /^(?:lib\/|main\.ts)/.test(from) ? !isPure(from) : !PURE_PACKAGES.includes(from)
      );
    assertEquals(impure, [], "a pure file imports only pure files");
  });
}

Deno.test("architecture: effects are found in code, and not in comments or strings", () => {
  for (
    const text of [
      "await Deno.readTextFile(x)",
      "const now = Date.now();",
      "await fetch (url)",
      "setTimeout(f, 1)",
      "/* a */ Math.random() // b",
      "performance.now()",
      'x("// no comment"); Date.now()',
    ]
  ) {
    assert(effectsIn(text).length > 0, text);
  }
  for (
    const text of [
      "// Deno.serve",
      "/** fetch(url)\n * Date.now */",
      'x("a fetch(url)")',
      "prefetch(x)",
    ]
  ) {
    assertEquals(effectsIn(text), [], text);
  }
});

Deno.test("architecture: each exception names a file that exists and needs it", () => {
  for (const path of EFFECTFUL) assert(effectsIn(textOf(path)).length > 0 || !pureBut(path), path);
  for (const path of PURE_FILES) assert(!PURE.includes(layerOf(path).name), path);
  for (const path of Object.keys(LONG_FILES)) assert(linesOf(path) > MAX_LINES, path);
});

/** Whether a file would be pure without its place among the exceptions. */
function pureBut(path: string): boolean {
  const imports = runtimeImportsOf(path, textOf(path)).filter((from) => from.startsWith("lib/"));
  return effectsIn(textOf(path)).length === 0 && imports.every(isPure);
}

Deno.test("architecture: pure files use only the address lists of node:net, the hashes of node:crypto and the parsers of node:util", () => {
  const names = FILES.filter(isPure).flatMap((path) =>
    [...textOf(path).matchAll(/^import \{ ([^}]+) \} from "node:(?:net|crypto|util)";$/gm)]
      .flatMap(([, names]) => names!.split(", "))
  );
  const allowed = ["BlockList", "isIP", "createHash", "createHmac", "parseArgs", "parseEnv"];
  assertEquals(names.filter((name) => !allowed.includes(name)), []);
});

const linesOf = (path: string) => textOf(path).trimEnd().split("\n").length;

Deno.test(`architecture: no file in lib is longer than ${MAX_LINES} lines without a reason`, () => {
  const long = filesIn("lib").filter((path) => linesOf(path) > MAX_LINES && !(path in LONG_FILES));
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

const folderOf = (path: string) => path.slice(0, Math.max(0, path.lastIndexOf("/")));

/** Those that write to the log themselves: what starts and stops, and what limits all others. */
const LOG_WRITERS = [
  "lib/runtime/control_plane.ts",
  "lib/runtime/log_router.ts",
  "lib/runtime/supervisor.ts",
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
