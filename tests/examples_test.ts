/** docs/deploy.md and docs/examples: what they say is what happens. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { parseEnv } from "node:util";
import { parse, parseAll } from "@std/yaml";
import { SETTING_NAMES } from "../lib/config/source/variables.ts";
import { fencesOf } from "./support/fences.ts";
import { deadPort } from "./support/dead_port.ts";
import { run, started } from "./support/started.ts";
import { tryExample } from "./support/terminal.ts";

const ROOT = new URL("../", import.meta.url).pathname;
const EXAMPLES = `${ROOT}docs/examples`;
const DEPLOY = await Deno.readTextFile(`${ROOT}docs/deploy.md`);

/** Upper-case names in the docs that are no settings of Roundabout, or those of an example. */
const NO_SETTINGS = new Set([
  "AF_INET",
  "AF_INET6",
  "AF_NETLINK",
  "AF_UNIX",
  "CAP_NET_BIND_SERVICE",
  "LIVE",
  "TASK",
  "TIME_WAIT",
  "USER_ID",
]);

function fencesIn(page: string, language: string): string[] {
  return fencesOf(page).filter((fence) => fence.language === language).map(({ text }) => text);
}

/** Every file of the examples, with its path from their folder; without what running them leaves behind. */
async function exampleFiles(folder = ""): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for await (const { name, isDirectory } of Deno.readDir(`${EXAMPLES}/${folder}`)) {
    if (name === "run") continue;
    const path = `${folder}${name}`;
    if (isDirectory) { for (const file of await exampleFiles(`${path}/`)) files.set(...file); }
    else files.set(path, await Deno.readTextFile(`${EXAMPLES}/${path}`));
  }
  return files;
}

for (const example of ["canary-by-weight", "sticky"]) {
  Deno.test(`examples: the commands of ${example} print what its README says`, async () => {
    await tryExample(example);
  });
}

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

interface Deployment {
  readonly kind: string;
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly terminationGracePeriodSeconds: number;
        readonly containers: readonly [{
          readonly env: readonly { readonly name: string; readonly value: string }[];
          readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
          readonly readinessProbe: Probe;
          readonly livenessProbe: Probe;
          readonly lifecycle: {
            readonly preStop: { readonly sleep: { readonly seconds: number } };
          };
        }];
      };
    };
  };
}

/** The Pod of the Deployment in docs/deploy.md. */
function podInDocs() {
  const [yaml] = fencesIn(DEPLOY, "yaml");
  const [deployment, service] = parseAll(yaml!) as [Deployment, Deployment];
  assertEquals([deployment.kind, service.kind], ["Deployment", "Service"]);
  const pod = deployment.spec.template.spec;
  const [container] = pod.containers;
  return {
    container,
    env: Object.fromEntries(container.env.map(({ name, value }) => [name, value])),
    graceSeconds: pod.terminationGracePeriodSeconds,
  };
}

Deno.test("examples: Kubernetes' probes are answered by a balancer with the settings of the Deployment", async () => {
  const { container, env } = podInDocs();
  const port = (name: string) =>
    container.ports.find((port) => port.name === name)?.containerPort ?? NaN;
  const { stdout } = await run(["check"], { env });
  assertMatch(stdout, new RegExp(`^PORT=${port("http")}\nHOST=0\\.0\\.0\\.0\n`, "m"));
  assertMatch(stdout, new RegExp(`^ADMIN_PORT=${port("admin")}\nADMIN_HOST=0\\.0\\.0\\.0\n`, "m"));
  const ADMIN_PORT = String(deadPort());
  const { program } = await started(env["USERS_SERVICE"]!, { ...env, ADMIN_PORT });
  await using _program = program;
  for (
    const [{ httpGet }, answer] of [
      [container.readinessProbe, "ready\n"],
      [container.livenessProbe, "alive\n"],
    ] as const
  ) {
    const response = await fetch(`http://127.0.0.1:${ADMIN_PORT}${httpGet.path}`);
    const answered = [response.status, await response.text(), httpGet.port];
    assertEquals(answered, [200, answer, "admin"]);
  }
});

Deno.test("examples: whoever stops the balancer waits longer than DRAIN_TIMEOUT", async () => {
  const seconds = (text: unknown) => Number(/^(\d+)s?$/.exec(String(text))?.[1]);
  const { container, env, graceSeconds } = podInDocs();
  const preStop = container.lifecycle.preStop.sleep.seconds;
  assert(graceSeconds > preStop + seconds(env["DRAIN_TIMEOUT"]));

  const files = await exampleFiles();
  const drain = seconds(parseEnv(files.get("systemd/roundabout.env")!)["DRAIN_TIMEOUT"]);
  const [, stop] = /^TimeoutStopSec=(.*)$/m.exec(files.get("systemd/roundabout.service")!)!;
  assert(seconds(stop) > drain);

  const compose = parse(await Deno.readTextFile(`${ROOT}compose.yaml`)) as {
    services: { gateway: { stop_grace_period: string } };
  };
  assert(seconds(compose.services.gateway.stop_grace_period) > 30);
  assert(seconds(/--stop-timeout (\d+)/.exec(DEPLOY)![1]) > 30);
});

Deno.test("examples: in scale, the balancer finds a service of which there may be several by its name", async () => {
  const compose = parse((await exampleFiles()).get("scale/compose.yaml")!) as {
    services: Record<"gateway" | "users", {
      container_name?: string;
      environment: Record<string, string>;
      stop_grace_period: string;
    }>;
  };
  const { gateway, users } = compose.services;
  assertEquals([gateway.container_name, users.container_name], [undefined, undefined]);
  assertEquals(gateway.environment["USERS_SERVICE"], "dns+http://users:5000");
  const { status, stderr } = await run(["check"], { env: gateway.environment });
  assertEquals([status, stderr], [0, ""]);
  const { stdout } = await run(["check"], {
    env: { ...users.environment, USERS_SERVICE: "http://a" },
  });
  assertMatch(stdout, /^PORT=5000$/m);
  assert(Number.parseInt(gateway.stop_grace_period) > 30);
});

Deno.test("examples: the unit consists of sections with settings, and is the one in docs/deploy.md", async () => {
  const unit = await Deno.readTextFile(`${EXAMPLES}/systemd/roundabout.service`);
  assertEquals(fencesIn(DEPLOY, "ini")[0], unit); // others are changes of it
  const wrong = unit.split("\n").filter((line) => !/^(|#.*|\[\w+\]|[A-Z]\w+=.*\S)$/.test(line));
  assertEquals(wrong, []);
  assertEquals(unit.match(/^\[\w+\]$/gm), ["[Unit]", "[Service]", "[Install]"]);
});

/** Runs systemd-analyze; undefined if this machine has none. */
async function systemdAnalyze(...args: string[]): Promise<string | undefined> {
  const options = { args, env: { NO_COLOR: "1", SYSTEMD_COLORS: "0" } };
  try {
    const { stdout, stderr } = await new Deno.Command("systemd-analyze", options).output();
    return [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

Deno.test("examples: systemd finds nothing wrong with the unit, and rates it as docs/deploy.md says", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/roundabout.service`;
  const unit = await Deno.readTextFile(`${EXAMPLES}/systemd/roundabout.service`);
  await Deno.writeTextFile(path, unit.replace("/usr/local/bin/roundabout", Deno.execPath()));
  const about = (text: string) => text.split("\n").filter((line) => line.includes("roundabout"));
  assertEquals(about(await systemdAnalyze("verify", path) ?? ""), []);
  const report = await systemdAnalyze("security", "--offline=yes", path) ?? "";
  const [, found] = /exposure level for \S+: ([\d.]+)/.exec(report) ?? [];
  const [, promised] = /rates the unit at ([\d.]+) of 10/.exec(DEPLOY)!;
  assert(found === undefined || Number(found) <= Number(promised), found);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("examples: systemd finds nothing wrong with the unit with TLS, which differs in what its README says", async () => {
  const folder = await Deno.makeTempDir();
  const copy = async (from: string, to: string) => {
    const text = await Deno.readTextFile(`${EXAMPLES}/${from}`);
    await Deno.writeTextFile(to, text.replaceAll("/usr/local/bin/roundabout", Deno.execPath()));
    return text;
  };
  await Deno.mkdir(`${folder}/roundabout.service.d`);
  await copy("systemd/roundabout.service", `${folder}/roundabout.service`);
  const changes = await copy("systemd-tls/tls.conf", `${folder}/roundabout.service.d/tls.conf`);
  const found = await systemdAnalyze("verify", `${folder}/roundabout.service`) ?? "";
  assertEquals(found.split("\n").filter((line) => line.includes("roundabout")), []);
  assertMatch(changes, /^ExecReload=\/usr\/local\/bin\/roundabout reload --config \/etc/m);
  assertMatch(changes, /^StateDirectory=roundabout$/m);
  await Deno.remove(folder, { recursive: true });
});

for (
  const [example, config] of [["tls", "config/roundabout.jsonc"], [
    "systemd-tls",
    "roundabout.jsonc",
  ]]
) {
  Deno.test(`examples: the file of ${example} passes its tests, with the certificate that its README makes`, async () => {
    const folder = await Deno.makeTempDir();
    const made = await run(["cert", "localhost"]);
    await Deno.writeTextFile(`${folder}/localhost.pem`, made.stdout, { mode: 0o600 });
    await Deno.copyFile(`${EXAMPLES}/${example}/${config}`, `${folder}/roundabout.jsonc`);
    const { status, stdout, stderr } = await run([
      "check",
      "--config",
      `${folder}/roundabout.jsonc`,
    ]);
    assertEquals([status, stderr], [0, ""]);
    assertMatch(stdout, /2 listeners, 1 pool, 1 route, 1 test passed\n$/);
    await Deno.remove(folder, { recursive: true });
  });
}

Deno.test("examples: the file of acme passes its tests, and its store is in the volume", async () => {
  const files = await exampleFiles();
  const config = `${EXAMPLES}/acme/config/roundabout.jsonc`;
  const { status, stdout, stderr } = await run(["check", "--config", config]);
  assertEquals([status, stderr], [0, ""]);
  assertMatch(stdout, /2 listeners, 1 pool, 1 route, 1 test passed\n$/);
  const compose = parse(files.get("acme/compose.yaml")!) as {
    services: { gateway: { ports: string[]; volumes: string[] } };
    volumes: Record<string, unknown>;
  };
  const { ports, volumes } = compose.services.gateway;
  assertEquals(ports, ["80:80", "443:443"]);
  assertEquals(volumes.at(-1), "certificates:/var/lib/roundabout");
  assertEquals(Object.keys(compose.volumes), ["certificates"]);
  assertEquals(files.get("acme/config/roundabout.jsonc")!.includes('"store"'), false);
});

Deno.test("examples: in tls, the ports that are published are those of the listeners, and redirects lead there", async () => {
  const files = await exampleFiles();
  const compose = parse(files.get("tls/compose.yaml")!) as {
    services: { gateway: { ports: string[]; stop_grace_period: string } };
  };
  const { ports, stop_grace_period } = compose.services.gateway;
  assertEquals(ports, ["127.0.0.1:8080:8080", "127.0.0.1:8443:8443"]);
  const config = files.get("tls/config/roundabout.jsonc")!;
  assertEquals([...config.matchAll(/"port": (\d+)/g)].map(([, port]) => port), ["8080", "8443"]);
  assert(Number.parseInt(stop_grace_period) > 30);
});

Deno.test("examples: the settings of the unit are right", async () => {
  const env = parseEnv(await Deno.readTextFile(`${EXAMPLES}/systemd/roundabout.env`));
  const { status, stderr } = await run(["check"], { env: env as Record<string, string> });
  assertEquals([status, stderr], [0, ""]);
});

Deno.test("examples: what docs/deploy.md shows of nginx stands in the example", async () => {
  const config = await Deno.readTextFile(`${EXAMPLES}/behind-another-proxy/nginx.conf`);
  const linesOf = (text: string) => text.split("\n").map((line) => line.trim());
  const missing = linesOf(fencesIn(DEPLOY, "nginx")[0]!)
    .filter((line) => !linesOf(config).includes(line) && !/^(server|# listen)/.test(line));
  assertEquals(missing, []);
  const depth = [...config].reduce((sum, c) => sum + Number(c === "{") - Number(c === "}"), 0);
  assertEquals(depth, 0);
});

Deno.test("examples: every variable that is named is a setting", async () => {
  const texts = [DEPLOY, ...(await exampleFiles()).values()];
  const names = texts.flatMap((text) =>
    [
      ...text.matchAll(/\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/g),
      ...text.matchAll(/(?<=^|[\s`])[A-Z][A-Z0-9_]+(?==)/gm),
      ...text.matchAll(/(?<=- name: )[A-Z][A-Z0-9_]+/g),
    ].map(([name]) => name)
  );
  const settings = new Set<string>(SETTING_NAMES);
  const unknown = names.filter((name) => !settings.has(name) && !NO_SETTINGS.has(name));
  assertEquals([...new Set(unknown)], []);
  assert(names.includes("ADMIN_HOST") && names.includes("PORT"));
});
