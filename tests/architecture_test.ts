import { assert, assertEquals } from "@std/assert";
import { POLICIES } from "../lib/policies/mod.ts";

const ROOT = new URL("../", import.meta.url);

/** Files that only decide; everything in lib/policies belongs to them too. */
const DECIDING = [
  "lib/logging/access_log.ts",
  "lib/http/local_reply.ts",
  "lib/http/authority.ts",
  "lib/pool/attempt.ts",
  "lib/backends/backend.ts",
  "lib/config/model.ts",
  "lib/health/state.ts",
  "lib/http/status_ranges.ts",
  "lib/http/trusted_proxies.ts",
  "lib/http/client_address.ts",
  "lib/config/backends.ts",
  "lib/config/networks.ts",
  "lib/config/parse.ts",
  "lib/config/schema.ts",
  "lib/config/setting.ts",
  "lib/config/statuses.ts",
  "lib/config/values.ts",
  "lib/http/cookies.ts",
  "lib/pool/counter.ts",
  "lib/failures.ts",
  "lib/backends/hash.ts",
  "lib/pool/hash_key.ts",
  "lib/http/headers.ts",
  "lib/health/ejection.ts",
  "lib/health/events.ts",
  "lib/health/monitor.ts",
  "lib/health/probe_schedule.ts",
  "lib/health/state_cells.ts",
  "lib/health/probe_state.ts",
  "lib/health/announcements.ts",
  "lib/backends/ewma.ts",
  "lib/outcome.ts",
  "lib/pool/pool.ts",
  "lib/pool/create_pool.ts",
  "lib/proxy.ts",
  "lib/request_facts.ts",
  "lib/retry.ts",
  "lib/retry_budget.ts",
  "lib/simulate/scenario/arrivals.ts",
  "lib/simulate/run/attempt.ts",
  "lib/simulate/scenario/backend_spec.ts",
  "lib/simulate/report/chart.ts",
  "lib/simulate/scenario/distribution.ts",
  "lib/simulate/run/event_queue.ts",
  "lib/simulate/scenario/fault_schedule.ts",
  "lib/simulate/run/statistics.ts",
  "lib/simulate/help.ts",
  "lib/simulate/report/json_report.ts",
  "lib/simulate/run/random.ts",
  "lib/simulate/scenario/recorded_arrivals.ts",
  "lib/simulate/scenario/recorded_columns.ts",
  "lib/simulate/report/text_report.ts",
  "lib/simulate/run/request.ts",
  "lib/simulate/run/run.ts",
  "lib/simulate/scenario/scenario.ts",
  "lib/simulate/scenario/scenario_file.ts",
  "lib/simulate/scenario/settings.ts",
  "lib/simulate/run/simulated_backend.ts",
  "lib/pool/sticky.ts",
  "lib/engines/tcp/buffers.ts",
  "lib/engines/tcp/http1/bytes.ts",
  "lib/engines/tcp/http1/chunked.ts",
  "lib/engines/tcp/http1/field_names.ts",
  "lib/engines/tcp/http1/head.ts",
  "lib/engines/tcp/http1/received_forwarding.ts",
  "lib/engines/tcp/http1/malformed.ts",
  "lib/engines/tcp/http1/request_head.ts",
  "lib/engines/tcp/http1/request_host.ts",
  "lib/engines/tcp/http1/response_framing.ts",
  "lib/engines/tcp/http1/response_head.ts",
  "lib/time/timer_wheel.ts",
  "lib/logging/throttled_warning.ts",
  "lib/http/trailers.ts",
  "lib/backends/weight_classes.ts",
  "lib/runtime/backends.ts",
  "lib/shared_memory/cells.ts",
  "lib/shared_memory/lock.ts",
  "lib/shared_memory/layout.ts",
  "lib/runtime/reclaim.ts",
  "lib/shared_memory/in_flight_count.ts",
  "lib/runtime/heartbeat_monitor.ts",
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
  const files = filesIn("lib/policies").filter((path) => !/\/(?:mod|policy)\.ts$/.test(path));
  assertEquals(files, names.map((name) => `lib/policies/${name}.ts`));
  const tests = filesIn("tests/policies");
  for (const name of names) assert(tests.includes(`tests/policies/${name}_test.ts`), name);
});
