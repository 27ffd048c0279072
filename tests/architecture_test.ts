import { assert, assertEquals } from "@std/assert";
import { POLICIES } from "../lib/policies/mod.ts";

const ROOT = new URL("../", import.meta.url);

/** Files that only decide; everything in lib/policies belongs to them too. */
const DECIDING = [
  "lib/access_log.ts",
  "lib/answers.ts",
  "lib/authority.ts",
  "lib/backend.ts",
  "lib/believed.ts",
  "lib/client_address.ts",
  "lib/config/backends.ts",
  "lib/config/networks.ts",
  "lib/config/parse.ts",
  "lib/config/schema.ts",
  "lib/config/setting.ts",
  "lib/config/statuses.ts",
  "lib/config/values.ts",
  "lib/cookies.ts",
  "lib/counter.ts",
  "lib/failures.ts",
  "lib/hash.ts",
  "lib/hash_key.ts",
  "lib/headers.ts",
  "lib/health/ejection.ts",
  "lib/health/events.ts",
  "lib/health/health.ts",
  "lib/health/rhythm.ts",
  "lib/health/shared_state.ts",
  "lib/health/state.ts",
  "lib/health/telling.ts",
  "lib/latency.ts",
  "lib/outcome.ts",
  "lib/pool.ts",
  "lib/pool_of.ts",
  "lib/proxy.ts",
  "lib/request_facts.ts",
  "lib/retry.ts",
  "lib/retry_budget.ts",
  "lib/simulate/arrivals.ts",
  "lib/simulate/attempt.ts",
  "lib/simulate/backend_text.ts",
  "lib/simulate/chart.ts",
  "lib/simulate/distribution.ts",
  "lib/simulate/event_queue.ts",
  "lib/simulate/failures_over_time.ts",
  "lib/simulate/figures.ts",
  "lib/simulate/help.ts",
  "lib/simulate/json_report.ts",
  "lib/simulate/random.ts",
  "lib/simulate/recorded_arrivals.ts",
  "lib/simulate/recorded_columns.ts",
  "lib/simulate/report.ts",
  "lib/simulate/request.ts",
  "lib/simulate/run.ts",
  "lib/simulate/scenario.ts",
  "lib/simulate/scenario_file.ts",
  "lib/simulate/settings.ts",
  "lib/simulate/simulated_backend.ts",
  "lib/sticky.ts",
  "lib/tcp/buffers.ts",
  "lib/tcp/bytes.ts",
  "lib/tcp/chunked.ts",
  "lib/tcp/field_names.ts",
  "lib/tcp/head.ts",
  "lib/tcp/heard_lines.ts",
  "lib/tcp/malformed.ts",
  "lib/tcp/request_head.ts",
  "lib/tcp/request_host.ts",
  "lib/tcp/response_framing.ts",
  "lib/tcp/response_head.ts",
  "lib/wheel.ts",
  "lib/tell_rarely.ts",
  "lib/trailers.ts",
  "lib/weight_classes.ts",
  "lib/workers/backends.ts",
  "lib/workers/cells.ts",
  "lib/workers/lock.ts",
  "lib/workers/shared.ts",
  "lib/workers/take_back.ts",
  "lib/workers/tally.ts",
  "lib/workers/watch.ts",
];

/** What has an effect, or makes the same question answered differently. */
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

/** Every TypeScript file in a folder, as a path from the repository's root. */
function filesIn(folder: string): string[] {
  return [...Deno.readDirSync(new URL(`${folder}/`, ROOT))].flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory ? filesIn(path) : path.endsWith(".ts") ? [path] : [];
  }).sort();
}

const textOf = (path: string) => Deno.readTextFileSync(new URL(path, ROOT));

const linesOf = (path: string) => textOf(path).trimEnd().split("\n").length;

/** Comments go, and what stands in plain strings, where no code can be. */
function codeOf(text: string): string {
  const part = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:[^"\\\n]|\\.)*"/g;
  return text.replace(part, (found) => found.startsWith('"') ? '""' : " ");
}

/** Whom a file imports from, by path from the root; files outside of it as they are written. */
function importsOf(path: string): string[] {
  const imports = [
    ...textOf(path).matchAll(/^(?:import|export)\s(?!type\b)[^;]*?from "([^"]+)"/gm),
  ];
  return imports.map(([, from]) =>
    from!.startsWith(".") ? new URL(from!, new URL(path, ROOT)).href.slice(ROOT.href.length) : from!
  );
}

const deciding = [...DECIDING, ...filesIn("lib/policies")];

for (const path of deciding) {
  Deno.test(`architecture: ${path} decides and touches nothing`, () => {
    const code = codeOf(textOf(path));
    assertEquals(EFFECTS.filter((effect) => effect.test(code)), []);
  });

  Deno.test(`architecture: ${path} imports only what decides`, () => {
    // Of node:net only its address lists, of node:crypto only a hash.
    const outside = ["zod", "@std/http/status", "node:net", "node:crypto"];
    const strangers = importsOf(path)
      .filter((from) => !deciding.includes(from) && !outside.includes(from));
    assertEquals(strangers, []);
  });
}

Deno.test("architecture: the search for effects finds them, and not in comments", () => {
  const found = (text: string) => EFFECTS.some((effect) => effect.test(codeOf(text)));
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
    assert(found(text), text);
  }
  for (
    const text of [
      "// Deno.serve",
      "/** fetch(url)\n * Date.now */",
      'x("a fetch(url)")',
      "prefetch(x)",
    ]
  ) {
    assert(!found(text), text);
  }
});

Deno.test("architecture: of node:net, decisions use only its address lists", () => {
  const [, names] =
    /^import \{ ([^}]+) \} from "node:net";$/m.exec(textOf("lib/config/networks.ts")) ?? [];
  assertEquals(names, "BlockList, isIP");
});

for (const path of filesIn("lib")) {
  Deno.test(`architecture: ${path} has at most 300 lines`, () => {
    assert(linesOf(path) <= 300, `${linesOf(path)} lines`);
  });
}

Deno.test("architecture: main.ts has at most 60 lines", () => {
  assert(linesOf("main.ts") <= 60, `${linesOf("main.ts")} lines`);
});

Deno.test("architecture: each policy in the table has a file and a test file of its name, and each file a place in the table", () => {
  const names = Object.keys(POLICIES).sort();
  const files = filesIn("lib/policies").filter((path) => !path.endsWith("/mod.ts"));
  assertEquals(files, names.map((name) => `lib/policies/${name}.ts`));
  const tests = filesIn("tests/policies");
  for (const name of names) assert(tests.includes(`tests/policies/${name}_test.ts`), name);
});
