/**
 * A whole balancer that gets its certificates from Debian's pebble, which fails in many ways, while requests go on.
 *
 * Use: `deno run -A tests/bench/acme_balancer.ts [tcp|web] [scenario …]`. The balancer runs as a process with the
 * permissions of its task, the engine (by default tcp) and 2 workers, and a store below /run. Each scenario prints how
 * long it took until the certificate was served, how many requests went on over TLS meanwhile (half of them over
 * connections of their own), and how many of them failed. Exits with 1 if one did, or if a worker served another
 * certificate than the stored one; the web engine may reset new connections in the moment of a change (docs/tls.md). `outage` takes three and a half minutes, `rejected` one. Needs pebble and pebble-challtestsrv (package
 * pebble). All on loopback.
 */
import { print } from "../../lib/logging/log.ts";
import { Pebble, type PebbleOptions } from "./acme_pebble/pebble.ts";
import { SecureLoad } from "./acme_pebble/secure_load.ts";
import { Edge, type Engine } from "./acme_pebble/edge.ts";

const [first, ...others] = Deno.args;
const isEngine = first === "tcp" || first === "web";
const engine: Engine = isEngine ? first : "tcp";

const say = (line: string) => print(`${line}\n`);

interface Scene {
  readonly edge: Edge;
  readonly pebble: Pebble;
}

let wrong = 0;

async function scene(
  label: string,
  { ip, ...options }: Omit<PebbleOptions, "httpPort"> & { readonly ip?: string },
  run: (scene: Scene) => Promise<string>,
): Promise<void> {
  await using edge = await Edge.make();
  await using pebble = await Pebble.start({ ...options, httpPort: edge.http });
  if (ip !== undefined) await pebble.pointTo(ip);
  await edge.start(pebble.settings, engine);
  const load = new SecureLoad(edge.https);
  const result = await run({ edge, pebble }).catch((error) => {
    wrong++;
    return `WRONG: ${error}\n${edge.log}`;
  });
  const { count, failures } = await load.stop();
  const isReset = (failure: string) => engine === "web" && failure.includes("on a new connection");
  if (!failures.every(isReset)) wrong++;
  say(`${label}: ${result}; ${count} requests over TLS went on, ${failures.length} failed`);
  for (const failure of failures.slice(0, 3)) say(`  ${failure}`);
}

const SCENARIOS: Readonly<Record<string, () => Promise<void>>> = {
  right: () =>
    scene("nothing wrong", {}, async ({ edge }) => {
      const tookMs = await edge.served(1);
      await edge.restart();
      await edge.checkServed();
      return `served after ${tookMs} ms, and after a restart from its first connection on`;
    }),

  renewals: () =>
    scene("certificates for 9 s", { validitySeconds: 9 }, async ({ edge }) => {
      const tookMs = await edge.served(6);
      return `6 of them, each served by all workers, in ${tookMs} ms`;
    }),

  nonces: () =>
    scene(
      "60% of nonces rejected",
      { env: { PEBBLE_WFE_NONCEREJECT: "60" } },
      async ({ edge }) => `served after ${await edge.served(1)} ms`,
    ),

  slow: () =>
    scene(
      "validation takes up to 15 s",
      { env: { PEBBLE_VA_NOSLEEP: "0", PEBBLE_VA_SLEEPTIME: "15" } },
      async ({ edge }) => `served after ${await edge.served(1)} ms`,
    ),

  shared: () =>
    scene("two balancers with one store", {}, async ({ edge, pebble }) => {
      await using other = await Edge.make(["b.test"], edge);
      const startedAt = performance.now();
      await other.start(pebble.settings, engine);
      await edge.served(1);
      await other.served(1);
      const tookMs = Math.round(performance.now() - startedAt);
      return `both served after ${tookMs} ms; what the second ordered was proved by the first`;
    }),

  rejected: () =>
    scene("names that lead elsewhere", { ip: "127.0.0.2" }, async ({ edge, pebble }) => {
      const why = await edge.says(/Cannot get a certificate for .*?: (.*?); there is none yet/);
      await pebble.pointTo("127.0.0.1");
      const tookMs = await edge.served(1);
      return `served ${tookMs} ms after that was mended; the log said: ${why}`;
    }),

  outage: () =>
    scene(
      "killed before a renewal, with all that it knows, and back 20 s after it",
      { validitySeconds: 200 },
      async ({ edge, pebble }) => {
        await edge.served(1);
        const dueInMs = await edge.dueInMs();
        await pebble.kill();
        const why = await edge.says(/Cannot renew the certificate .*?: (.*?); the one in use/);
        await edge.checkServed();
        await new Promise((resolve) => setTimeout(resolve, 20_000));
        await pebble.revive();
        const tookMs = await edge.served(2);
        return `due in ${Math.round(dueInMs / 1_000)} s, the old one served meanwhile, the next ` +
          `one ${Math.round(tookMs / 1_000)} s after it was back; the log said: ${why}`;
      },
    ),
};

const named = isEngine ? others : Deno.args;
const wanted = named.length > 0 ? named : Object.keys(SCENARIOS);
for (const name of wanted) await SCENARIOS[name]!();
say(wrong === 0 ? "all as it should be" : `${wrong} scenarios were wrong`);
Deno.exit(wrong === 0 ? 0 : 1);
