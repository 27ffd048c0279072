/**
 * Gets certificates from Debian's pebble while it rejects nonces, is slow, fails challenges, asks for an external
 * account, and is killed.
 *
 * Use: `deno run -A tests/bench/acme_pebble.ts [scenario …]`. Prints what each took: time, requests, warnings. Where
 * pauses of minutes are part of it, the client's clock runs faster, which is said. Exits with 1 if a certificate did
 * not come, or one came that should not. Needs pebble and pebble-challtestsrv (package pebble). All on loopback.
 */
import type { AcmeSettings } from "../../lib/acme/settings.ts";
import { print } from "../../lib/logging/log.ts";
import { Client, type ClientOptions } from "./acme_pebble/client.ts";
import { Pebble, type PebbleOptions } from "./acme_pebble/pebble.ts";

const NAMES = ["a.test", "www.a.test"];
const EAB_KEY = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W";

const say = (line: string) => print(`${line}\n`);

/** Requests so far. */
let requests = 0;
const realFetch = globalThis.fetch;
globalThis.fetch = (...given) => {
  requests++;
  return realFetch(...given);
};

interface Scene {
  readonly client: Client;
  readonly pebble: Pebble;
  readonly settings: AcmeSettings;
}

let failed = 0;

async function scene(
  options: Omit<PebbleOptions, "httpPort"> & ClientOptions,
  run: (scene: Scene) => Promise<boolean>,
): Promise<void> {
  await using client = await Client.start(options);
  await using pebble = await Pebble.start({ ...options, httpPort: client.httpPort });
  const settings = { domains: NAMES, email: "ops@a.test", ...pebble.settings };
  if (!await run({ client, pebble, settings })) {
    failed++;
    say(`  FAILED: ${[...client.warnings, ...client.infos].join("\n  ")}`);
  }
}

/** One certificate after the other, of other names each. */
async function inTurn(count: number, { client, settings }: Scene, label: string): Promise<boolean> {
  const times: number[] = [];
  const asked: number[] = [];
  for (let index = 0; index < count; index++) {
    const [startedAt, before] = [performance.now(), requests];
    const names = NAMES.map((name) => `${index}.${name}`);
    await using _ = ending(await client.renew({ ...settings, domains: names }));
    if (!await client.until(() => client.certificates.length === index + 1)) return false;
    times.push(performance.now() - startedAt);
    asked.push(requests - before);
  }
  say(
    `${label}: ${count} of ${count} certificates, ${range(times)} ms each, ${
      range(asked)
    } requests, ` +
      `${client.warnings.length} failed attempts`,
  );
  return true;
}

function range(values: readonly number[]): string {
  const rounded = values.map(Math.round);
  const [least, most] = [Math.min(...rounded), Math.max(...rounded)];
  return least === most ? String(least) : `${least} to ${most}`;
}

function ending(renewal: { stop(): Promise<void> }): AsyncDisposable {
  return { [Symbol.asyncDispose]: () => renewal.stop() };
}

const SCENARIOS: Readonly<Record<string, () => Promise<void>>> = {
  right: () => scene({}, (scene) => inTurn(20, scene, "nothing wrong")),

  async nonces() {
    for (const percent of [5, 60, 90]) {
      await scene(
        { env: { PEBBLE_WFE_NONCEREJECT: String(percent) }, speed: 20 },
        (scene) =>
          inTurn(
            percent === 90 ? 3 : 20,
            scene,
            `${percent}% of nonces rejected (clock 20 times faster)`,
          ),
      );
    }
  },

  async slow() {
    for (const [seconds, count] of [["3", 3], ["15", 2]] as const) {
      await scene(
        { env: { PEBBLE_VA_NOSLEEP: "0", PEBBLE_VA_SLEEPTIME: seconds } },
        (scene) => inTurn(count, scene, `validation takes up to ${seconds} s`),
      );
    }
  },

  reuse: () =>
    scene({ env: { PEBBLE_AUTHZREUSE: "100" } }, async ({ client, settings }) => {
      for (const domains of [NAMES, [...NAMES].slice(0, 1)]) {
        const [before, challenges] = [requests, client.challenges];
        const count = client.certificates.length;
        await using _ = ending(await client.renew({ ...settings, domains }));
        const whole = () => client.infos.filter((text) => text.startsWith("there is a new")).length;
        if (!await client.until(() => whole() === count + 1)) return false;
        say(
          `authorizations reused: ${domains.join(" ")}: ${requests - before} requests, ` +
            `${client.challenges - challenges} challenges`,
        );
      }
      return true;
    }),

  challenge: () =>
    scene({ speed: 20, answer: () => "wrong" }, async ({ client, settings }) => {
      const startedAt = performance.now();
      await client.renew(settings);
      if (!await client.until(() => client.warnings.length === 2)) return false;
      const none = client.certificates.length === 0;
      client.answer = (right) => right;
      if (!await client.until(() => client.certificates.length === 1)) return false;
      say(
        `a wrong answer to a challenge, twice (clock 20 times faster):\n  ${client.warnings[0]}`,
      );
      say(
        `  right from then on: a certificate ${
          Math.round(performance.now() - startedAt)
        } ms after the start`,
      );
      return none;
    }),

  eab: () =>
    scene({ externalAccounts: { "kid-1": EAB_KEY } }, async ({ client, settings }) => {
      const accounts = [
        undefined,
        { keyId: "kid-1", key: "AAAA" },
        { keyId: "kid-9", key: EAB_KEY },
        { keyId: "kid-1", key: EAB_KEY },
      ];
      for (const [index, externalAccount] of accounts.entries()) {
        const domains = [`${index}.test`];
        const renewal = await client.renew({ ...settings, domains, externalAccount });
        const isOver = () => client.warnings.length + client.certificates.length > index;
        if (!await client.until(isOver)) return false;
        await renewal.stop();
        const said = /dir: (.*); there is/.exec(client.warnings[index] ?? "")?.[1] ??
          "a certificate";
        say(`external account ${externalAccount?.keyId ?? "missing"}: ${said}`);
      }
      return client.certificates.length === 1;
    }),

  async killed() {
    const moments = ["directory read", "challenge answered", "challenge answered"];
    for (const [index, moment] of moments.entries()) {
      const env = { PEBBLE_VA_NOSLEEP: "0", PEBBLE_VA_SLEEPTIME: "2" };
      await scene({ speed: 20, env }, async ({ client, pebble, settings }) => {
        const before = requests;
        await client.renew(settings);
        const wanted = before + [1, 9, 11][index]!;
        await client.until(() => requests >= wanted);
        await pebble.kill();
        if (!await client.until(() => client.warnings.length === 2)) return false;
        await pebble.revive();
        const startedAt = performance.now();
        if (!await client.until(() => client.certificates.length === 1)) return false;
        const tookMs = Math.round(performance.now() - startedAt);
        say(
          `killed after ${
            wanted - before
          } requests (${moment}), all forgotten: ${client.warnings.length} ` +
            `failed attempts, a certificate ${tookMs} ms after it was back (clock 20 times faster)`,
        );
        say(`  ${client.warnings[0]}`);
        return true;
      });
    }
  },

  renewals: () =>
    scene(
      { validitySeconds: 9, env: { PEBBLE_WFE_NONCEREJECT: "30" } },
      async ({ client, settings }) => {
        const startedAt = performance.now();
        await client.renew(settings);
        await client.renew(settings); // another balancer on the same store
        const isOver = () => new Set(client.certificates.map(({ cert }) => cert)).size === 5;
        if (!await client.until(isOver, 90)) return false;
        const orders = client.infos.filter((text) => text.startsWith("getting")).length;
        say(
          `two balancers, certificates for 9 s, 30% of nonces rejected: ` +
            `5 certificates by ${orders} orders in ${
              Math.round((performance.now() - startedAt) / 1_000)
            } s, ` +
            `${client.warnings.length} failed attempts`,
        );
        return orders === 5 && client.warnings.length === 0;
      },
    ),
};

const wanted = Deno.args.length > 0 ? Deno.args : Object.keys(SCENARIOS);
for (const name of wanted) await SCENARIOS[name]!();
say(failed === 0 ? "all as it should be" : `${failed} scenarios failed`);
Deno.exit(failed === 0 ? 0 : 1);
