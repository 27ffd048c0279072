/** The commands of the program, and their flags. */
import type { ParseArgsConfig } from "node:util";
import { parseAddresses, parseConfig, readSettings } from "../config/load.ts";
import { DEFAULTS, SETTING_NAMES, type SettingName } from "../config/schema.ts";
import { startDemo } from "./demo.ts";
import { startDemoBackend } from "./demo_backend.ts";
import { healthProblem } from "./healthcheck.ts";
import { log, print } from "../logging/log.ts";
import { ignoreProxyVariables } from "../net/proxy_variables.ts";
import { runBalancer } from "./run.ts";
import { runSimulation } from "../simulate/command.ts";
import { SIMULATE_HELP } from "../simulate/help.ts";
import type { SimulateFlags } from "../simulate/scenario/scenario.ts";
import { startBalancer } from "../runtime/control_plane.ts";

/** What the command line may say beside the command. */
export interface Flags extends SimulateFlags {
  /** Of a demo backend. */
  readonly name?: string | undefined;
  readonly help?: boolean | undefined;
  readonly version?: boolean | undefined;
}

export interface Command {
  /** Its flags, beside `--help` and `--version`. */
  readonly flags?: NonNullable<ParseArgsConfig["options"]>;
  /** Where it has more to say than {@linkcode HELP}. */
  readonly help?: string;
  /** @returns the exit status */
  readonly run: (flags: Flags) => Promise<number>;
}

const TEXT = { type: "string" } as const;
export const SWITCH = { type: "boolean" } as const;

export const COMMANDS: Readonly<Record<string, Command>> = {
  start: { run: start },
  demo: { run: demo },
  backend: { run: backend, flags: { name: TEXT } },
  check: { run: check },
  healthcheck: { run: healthcheck },
  simulate: {
    run: runSimulation,
    help: SIMULATE_HELP,
    flags: {
      scenario: TEXT,
      arrivals: TEXT,
      backends: TEXT,
      rate: TEXT,
      requests: TEXT,
      posts: TEXT,
      clients: TEXT,
      seed: TEXT,
      policy: TEXT,
      set: { ...TEXT, multiple: true },
      compare: SWITCH,
      json: SWITCH,
    },
  },
};

async function start(): Promise<number> {
  const config = parseConfig(readSettings());
  const balancer = await startBalancer(config);
  const { address, adminAddress, workers } = balancer;
  const backends = config.USERS_SERVICE.map(({ url }) => url).join(", ");
  const admin = adminAddress === undefined ? "off" : written(adminAddress);
  log(
    "info",
    `listening on ${written(address)}, admin on ${admin}, workers: ${workers}, ` +
      `${config.ENGINE} engine, ${config.POLICY} over ${backends}`,
  );
  return await runBalancer(balancer, config.DRAIN_TIMEOUT);
}

async function demo(): Promise<number> {
  const demo = await startDemo(readSettings());
  print(demo.banner);
  return await runBalancer(demo, demo.drainTimeout);
}

async function backend({ name = "backend" }: Flags): Promise<number> {
  const { HOST, PORT } = parseAddresses(readSettings());
  const backend = startDemoBackend({ name, hostname: HOST, port: PORT });
  log("info", `${name} listens on ${HOST}:${PORT}`);
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      Deno.addSignalListener(signal, resolve);
    }
  });
  await backend.stop();
  return 0;
}

function check(): Promise<number> {
  const texts = readSettings();
  parseConfig(texts);
  print(SETTING_NAMES.map((name) => `${name}=${shown(name, texts[name])}\n`).join(""));
  return Promise.resolve(0);
}

async function healthcheck(): Promise<number> {
  const addresses = parseAddresses(readSettings());
  ignoreProxyVariables();
  const problem = await healthProblem(addresses);
  if (problem === undefined) return 0;
  log("error", `not healthy: ${problem}`);
  return 1;
}

/** What a setting comes to, as a user would write it, but for a secret. */
function shown(name: SettingName, text: string | undefined): string {
  const hidden = name === "STICKY_SECRET" && text && text !== DEFAULTS.STICKY_SECRET;
  return hidden ? "***" : text || DEFAULTS[name];
}

function written({ hostname, port }: Deno.NetAddr): string {
  return `${hostname}:${port}`;
}

export const HELP = `roundabout: an HTTP load balancer

Usage: roundabout [command] [flags]

  start        balance requests over the backends of USERS_SERVICE (the default)
  demo         three backends and the balancer in one process, to try things out
  backend      one demo backend; --name says what it calls itself
  check        check the settings and print what they come to
  healthcheck  exit 0 where the balancer here is ready, for Docker; with ADMIN_PORT=off,
               where a balancer or a demo backend serves
  simulate     what clients would see: policies and settings on a virtual clock; --help has more

  --help       this text
  --version    the version

Settings come from the environment and from .env in the working directory; docs/configuration.md
lists them.
Exit status: 0 stopped cleanly, 1 failed while running, 2 wrong usage or settings.
`;
