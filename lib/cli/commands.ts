/**
 * The commands of the program, and their flags. A command is loaded when it is asked for: a balancer that
 * runs for months should not hold the simulator.
 */
import { SETTING_NAMES } from "../config/source/variables.ts";
import type { Command } from "./command.ts";
import type { CommandSyntax, Flag, Program } from "./command_line.ts";

interface LoadableCommand extends CommandSyntax {
  readonly load: () => Promise<Command>;
}

const TEXT: Flag = { type: "string" };
const SWITCH: Flag = { type: "boolean" };

/** Of commands that ask a running balancer. */
const ASKING = { config: TEXT, admin: TEXT, "admin-ca": TEXT, "token-file": TEXT };
const BACKEND = ["pool", "backend"];

export const COMMANDS: Readonly<Record<string, LoadableCommand>> = {
  start: { load: () => import("./commands/start.ts"), flags: { takeover: SWITCH, ...ASKING } },
  demo: { load: () => import("./commands/demo.ts") },
  backend: { load: () => import("./commands/backend.ts"), flags: { name: TEXT } },
  check: {
    load: () => import("./commands/check.ts"),
    flags: {
      ...ASKING,
      print: SWITCH,
      diff: SWITCH,
      schema: SWITCH,
      request: TEXT,
      client: TEXT,
      listener: TEXT,
      header: { ...TEXT, multiple: true },
    },
  },
  healthcheck: {
    load: () => import("./commands/healthcheck.ts"),
    flags: { ready: SWITCH, config: TEXT },
  },
  status: { load: () => import("./commands/status.ts"), flags: { json: SWITCH, ...ASKING } },
  reload: { load: () => import("./commands/reload.ts"), flags: ASKING },
  drain: {
    load: () => import("./commands/drain.ts"),
    words: BACKEND,
    flags: { wait: SWITCH, timeout: TEXT, ...ASKING },
  },
  ready: { load: () => import("./commands/ready.ts"), words: BACKEND, flags: ASKING },
  weight: {
    load: () => import("./commands/weight.ts"),
    words: [...BACKEND, "weight"],
    flags: ASKING,
  },
  cert: {
    load: () => import("./commands/cert.ts"),
    words: ["name"],
    flags: { also: { ...TEXT, multiple: true }, days: TEXT },
  },
  simulate: {
    load: () => import("./commands/simulate.ts"),
    flags: {
      config: TEXT,
      pool: TEXT,
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
  settings: SETTING_NAMES,
};
