import { assert, assertEquals } from "@std/assert";
import { codeOf, FILES, runtimeImportsOf, textOf } from "./support/architecture.ts";
import { layerOf } from "./support/layers.ts";

/** Folders whose files only decide: they get the time and chance as arguments. */
const PURE = [
  "lib/",
  "lib/proxy.ts",
  "lib/backends/",
  "lib/config/",
  "lib/config/model.ts",
  "lib/config/parts.ts",
  "lib/config/problems/",
  "lib/config/rules/",
  "lib/config/schema/",
  "lib/config/source/",
  "lib/config/tree/",
  "lib/config/values/",
  "lib/discovery/",
  "lib/engines/shared/",
  "lib/engines/tcp/http1/",
  "lib/health/",
  "lib/http/",
  "lib/policies/",
  "lib/pool/",
  "lib/routing/",
  "lib/shared_memory/",
  "lib/simulate/",
  "lib/simulate/report/",
  "lib/simulate/run/",
  "lib/simulate/scenario/",
  "lib/time/",
  "lib/tls/",
];

/** Files in those folders that have effects all the same. */
const EFFECTFUL = [
  "lib/config/load.ts", // reads the environment and .env
  "lib/config/load_admin.ts", // the same
  "lib/config/text_files.ts", // reads files
  "lib/config/this_machine.ts", // asks what the program may do
  "lib/engines/shared/drain.ts", // reads the time and waits
  "lib/engines/shared/removed_listeners.ts", // reads the time
  "lib/engines/tcp/http1/forwarded_head.ts", // draws request ids
  "lib/engines/tcp/http1/local_reply_bytes.ts", // reads the time for Date
  "lib/engines/tcp/http1/proxy_lines.ts", // draws request ids
  "lib/engines/tcp/http1/request_id.ts", // draws request ids
  "lib/health/probe_exchange.ts", // sends probes
  "lib/health/prober.ts", // sends probes
  "lib/simulate/command.ts", // reads files and prints
  "lib/time/clock.ts", // reads the system's clock
  "lib/tls/issue.ts", // draws keys and serial numbers
  "lib/tls/signed.ts", // signatures of ECDSA have a random part
];

/** Files outside of those folders that must stay pure. */
const PURE_FILES = [
  "lib/acme/chain.ts",
  "lib/acme/failure.ts",
  "lib/acme/failure_record.ts",
  "lib/acme/problem.ts",
  "lib/acme/report.ts",
  "lib/acme/resources.ts",
  "lib/acme/schedule.ts",
  "lib/acme/settings.ts",
  "lib/acme/store/records.ts",
  "lib/admin/answer.ts",
  "lib/admin/api.ts",
  "lib/admin/health.ts",
  "lib/admin/metrics.ts",
  "lib/admin/prometheus.ts",
  "lib/admin/replies.ts",
  "lib/admin/request.ts",
  "lib/admin/routes.ts",
  "lib/admin/sender.ts",
  "lib/admin/tokens.ts",
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
  "lib/net/address_list.ts",
  "lib/net/connect_error.ts",
  "lib/net/host_port.ts",
  "lib/net/is_ip.ts",
  "lib/net/is_loopback.ts",
  "lib/net/lack.ts",
  "lib/net/network.ts",
  "lib/net/plain_message.ts",
  "lib/net/proxy_header/crc32c.ts",
  "lib/net/proxy_header/format.ts",
  "lib/net/proxy_header/read.ts",
  "lib/net/proxy_header/write.ts",
  "lib/net/unix_socket.ts",
  "lib/net/resolver/answer.ts",
  "lib/net/resolver/dns_packet.d.ts",
  "lib/net/resolver/failure.ts",
  "lib/net/resolver/message.ts",
  "lib/net/resolver/question.ts",
  "lib/net/resolver/records.ts",
  "lib/net/resolver/resolv_conf.ts",
  "lib/runtime/address_watch.ts",
  "lib/runtime/backoff.ts",
  "lib/runtime/engine_limits.ts",
  "lib/runtime/file_watch/settling.ts",
  "lib/runtime/heartbeat_monitor.ts",
  "lib/runtime/start_warnings.ts",
];

/** What pure files may import from outside: no effects, or only those that are named below. */
const PURE_PACKAGES = [
  "zod",
  "jsonc-parser",
  "re2js",
  "dns-packet",
  "@std/data-structures/binary-heap",
  "@std/http/status",
  "pure-rand/distribution/uniformFloat64",
  "pure-rand/generator/xoroshiro128plus",
  "node:buffer",
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

function isPure(path: string): boolean {
  if (EFFECTFUL.includes(path)) return false;
  return PURE_FILES.includes(path) || PURE.includes(layerOf(path).name);
}

const effectsIn = (text: string) => EFFECTS.filter((effect) => effect.test(codeOf(text)));

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
});

/** Whether a file would be pure without its place among the exceptions. */
function pureBut(path: string): boolean {
  const imports = runtimeImportsOf(path, textOf(path)).filter((from) => from.startsWith("lib/"));
  return effectsIn(textOf(path)).length === 0 && imports.every(isPure);
}

Deno.test("architecture: pure files use only the address lists of node:net, the hashes and parsers of node:crypto and the parsers of node:util", () => {
  const names = FILES.filter(isPure).flatMap((path) =>
    [...textOf(path).matchAll(/^import \{ ([^}]+) \} from "node:(?:net|crypto|util)";$/gm)]
      .flatMap(([, names]) => names!.split(", "))
  );
  const allowed = [
    ...["BlockList", "isIP", "createHash", "createHmac", "createPrivateKey", "X509Certificate"],
    ...["parseArgs", "parseEnv"],
  ];
  assertEquals(names.filter((name) => !allowed.includes(name)), []);
});
