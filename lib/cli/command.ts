/** What the module of a command has. */
import type { SimulateFlags } from "../simulate/scenario/scenario.ts";
import type { Signals } from "./signals.ts";

/** The flags of all commands. */
export interface Flags extends SimulateFlags {
  /** The name of a demo backend. */
  readonly name?: string | undefined;
  /** Whether a health check is about readiness. */
  readonly ready?: boolean | undefined;
}

export interface Command {
  readonly HELP: string;
  /** @returns the exit status */
  readonly run: (flags: Flags, signals?: Signals) => Promise<number>;
}
