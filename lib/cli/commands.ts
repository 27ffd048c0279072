/** The commands of the program, and their flags. */
import { misspeltVariables, parseAddresses, parseConfig, readSettings } from "../config/load.ts";
import type { SettingTexts } from "../config/parse.ts";
import { type Config, DEFAULTS, SETTING_NAMES, type SettingName } from "../config/schema.ts";
import { withoutEffect } from "../config/without_effect.ts";
import { log, print, STDOUT } from "../logging/log.ts";
import { formatHostPort } from "../net/host_port.ts";
import { bindOrExplain } from "../net/listen_error.ts";
import { ignoreProxyVariables } from "../net/proxy_variables.ts";
import { type Listening, startBalancer } from "../runtime/control_plane.ts";
import { runSimulation } from "../simulate/command.ts";
import { SIMULATE_HELP } from "../simulate/help.ts";
import type { SimulateFlags } from "../simulate/scenario/scenario.ts";
import type { CommandSyntax, Flag, Program } from "./command_line.ts";
import { startDemo } from "./demo.ts";
import { startDemoBackend } from "./demo_backend.ts";
import { healthProblem } from "./healthcheck.ts";
import { BACKEND_HELP, CHECK_HELP, DEMO_HELP, HEALTHCHECK_HELP, HELP, START_HELP } from "./help.ts";
import { runUntilSignal } from "./run.ts";
import type { Signals } from "./signals.ts";

/** The flags of all commands. */
export interface Flags extends SimulateFlags {
  /** The name of a demo backend. */
  readonly name?: string | undefined;
  /** Whether a health check is about readiness. */
  readonly ready?: boolean | undefined;
}

export interface Command extends CommandSyntax {
  /** @returns the exit status */
  readonly run: (flags: Flags, signals?: Signals) => Promise<number>;
}

const TEXT: Flag = { type: "string" };
const SWITCH: Flag = { type: "boolean" };

export const COMMANDS: Readonly<Record<string, Command>> = {
  start: { run: start, help: START_HELP },
  demo: { run: demo, help: DEMO_HELP },
  backend: { run: backend, help: BACKEND_HELP, flags: { name: TEXT } },
  check: { run: check, help: CHECK_HELP },
  healthcheck: { run: healthcheck, help: HEALTHCHECK_HELP, flags: { ready: SWITCH } },
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

export const PROGRAM: Program = {
  commands: COMMANDS,
  defaultCommand: "start",
  help: HELP,
  settings: SETTING_NAMES,
};

function start(_flags: Flags, signals?: Signals): Promise<number> {
  return runUntilSignal(async (isDraining) => {
    const { config } = loadSettings();
    const balancer = await startBalancer(config, { onListening });
    return { ...balancer, stop: () => balancer.stop(config.DRAIN_TIMEOUT) };

    function onListening({ address, adminAddress, workers }: Listening): void {
      if (isDraining()) return;
      const backends = config.USERS_SERVICE.map(({ url }) => url).join(", ");
      const admin = adminAddress === undefined ? "off" : `on ${formatAddress(adminAddress)}`;
      log(
        "info",
        `listening on ${formatAddress(address)}, admin ${admin}, workers: ${workers}, ` +
          `${config.ENGINE} engine, ${config.POLICY} over ${backends}`,
      );
    }
  }, signals);
}

function demo(_flags: Flags, signals?: Signals): Promise<number> {
  return runUntilSignal(async (isDraining) => {
    warn(misspeltVariables());
    const demo = await startDemo(readSettings(), (banner) => isDraining() || STDOUT.write(banner));
    return { ...demo, stop: () => demo.stop(demo.drainTimeout) };
  }, signals);
}

function backend({ name = "backend" }: Flags, signals?: Signals): Promise<number> {
  return runUntilSignal(() => {
    const { HOST: hostname, PORT: port } = parseAddresses(readSettings());
    const backend = bindOrExplain(
      "PORT",
      hostname,
      port,
      () => startDemoBackend({ name, hostname, port }),
    );
    log("info", `${name} listens on ${backend.address}`);
    return Promise.resolve({ stop: () => backend.stop().then(() => 0) });
  }, signals);
}

function check(): Promise<number> {
  const { texts } = loadSettings();
  print(SETTING_NAMES.map((name) => `${name}=${displayValue(name, texts[name])}\n`).join(""));
  return Promise.resolve(0);
}

async function healthcheck({ ready }: Flags): Promise<number> {
  const addresses = parseAddresses(readSettings());
  ignoreProxyVariables();
  const problem = await healthProblem(addresses, ready);
  if (problem === undefined) return 0;
  log("error", `${ready ? "not ready" : "not healthy"}: ${problem}`);
  return 1;
}

/** Loads all settings, and warns of what is probably not meant. @throws {ConfigError} with every problem */
function loadSettings(): { texts: SettingTexts; config: Config } {
  warn(misspeltVariables()); // first, as one of them may be why a required setting is missing
  const texts = readSettings();
  const config = parseConfig(texts);
  warn(withoutEffect(texts, config));
  return { texts, config };
}

function warn(warnings: readonly string[]): void {
  for (const warning of warnings) log("warn", warning);
}

/** The value of a setting as a user would write it, or its default; a secret is masked. */
function displayValue(name: SettingName, text: string | undefined): string {
  const isSecret = name === "STICKY_SECRET" && text && text !== DEFAULTS.STICKY_SECRET;
  return isSecret ? "***" : text || DEFAULTS[name];
}

function formatAddress({ hostname, port }: Deno.NetAddr): string {
  return formatHostPort(hostname, port);
}
