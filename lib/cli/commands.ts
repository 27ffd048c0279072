/** The commands of the program, and their flags. */
import type { ParseArgsConfig } from "node:util";
import { parseAddresses, parseConfig, readSettings, readWarnings } from "../config/load.ts";
import type { SettingTexts } from "../config/parse.ts";
import { type Config, DEFAULTS, SETTING_NAMES, type SettingName } from "../config/schema.ts";
import { startDemo } from "./demo.ts";
import { startDemoBackend } from "./demo_backend.ts";
import { healthProblem } from "./healthcheck.ts";
import { log, print, STDOUT } from "../logging/log.ts";
import { ignoreProxyVariables } from "../net/proxy_variables.ts";
import { runBalancer } from "./run.ts";
import { runSimulation } from "../simulate/command.ts";
import { SIMULATE_HELP } from "../simulate/help.ts";
import type { SimulateFlags } from "../simulate/scenario/scenario.ts";
import { startBalancer } from "../runtime/control_plane.ts";

/** The flags of all commands. */
export interface Flags extends SimulateFlags {
  /** The name of a demo backend. */
  readonly name?: string | undefined;
  readonly help?: boolean | undefined;
  readonly version?: boolean | undefined;
}

export interface Command {
  /** Its flags, in addition to `--help` and `--version`. */
  readonly flags?: NonNullable<ParseArgsConfig["options"]>;
  /** Its own help text; by default {@linkcode HELP}. */
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
  const texts = readSettings();
  const config = parseConfig(texts);
  warnOf(texts, config);
  const balancer = await startBalancer(config);
  const { address, adminAddress, workers } = balancer;
  const backends = config.USERS_SERVICE.map(({ url }) => url).join(", ");
  const admin = adminAddress === undefined ? "off" : formatAddress(adminAddress);
  log(
    "info",
    `listening on ${formatAddress(address)}, admin on ${admin}, workers: ${workers}, ` +
      `${config.ENGINE} engine, ${config.POLICY} over ${backends}`,
  );
  return await runBalancer(balancer, config.DRAIN_TIMEOUT);
}

async function demo(): Promise<number> {
  const demo = await startDemo(readSettings());
  STDOUT.write(demo.banner); // its access log follows
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
  warnOf(texts, parseConfig(texts));
  print(SETTING_NAMES.map((name) => `${name}=${displayValue(name, texts[name])}\n`).join(""));
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

function warnOf(texts: SettingTexts, config: Config): void {
  for (const warning of readWarnings(texts, config)) log("warn", warning);
}

/** The value of a setting as a user would write it, or its default; a secret is masked. */
function displayValue(name: SettingName, text: string | undefined): string {
  const isSecret = name === "STICKY_SECRET" && text && text !== DEFAULTS.STICKY_SECRET;
  return isSecret ? "***" : text || DEFAULTS[name];
}

function formatAddress({ hostname, port }: Deno.NetAddr): string {
  return `${hostname}:${port}`;
}

export const HELP = `roundabout: an HTTP load balancer

Usage: roundabout [command] [flags]

  start        balance requests over the backends of USERS_SERVICE (the default command)
  demo         run three backends and a balancer in one process, to try things out
  backend      run one demo backend; --name sets its name
  check        check the settings and print them with their defaults
  healthcheck  exit with 0 if the balancer on this machine is ready for requests, for Docker;
               with ADMIN_PORT=off, if a balancer or a demo backend responds
  simulate     predict what clients see with other policies and settings; see its --help

  --help       print this text, or the help of a command that has its own
  --version    print the version

Settings are read from the environment and from .env in the working directory;
docs/configuration.md lists them.
Exit status: 0 stopped cleanly, 1 failed while running or cut requests off, 2 wrong usage or settings.
`;
