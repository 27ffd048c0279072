/** What the module of a command has. */
import type { SimulateFlags } from "../simulate/scenario/scenario.ts";
import type { Signals } from "./signals.ts";

/** The flags of all commands. */
export interface Flags extends SimulateFlags {
  /** The path of the configuration file. */
  readonly config?: string | undefined;
  /** Whether `start` takes the place of a running balancer. */
  readonly takeover?: boolean | undefined;
  /** Of `check`. */
  readonly print?: boolean | undefined;
  readonly schema?: boolean | undefined;
  readonly diff?: boolean | undefined;
  readonly request?: string | undefined;
  readonly client?: string | undefined;
  readonly listener?: string | undefined;
  readonly header?: readonly string[] | undefined;
  /** The name of a demo backend, or of a certificate. */
  readonly name?: string | undefined;
  /** Whether a health check is about readiness. */
  readonly ready?: boolean | undefined;
  /** Of commands that ask a running balancer. */
  readonly admin?: string | undefined;
  readonly "admin-ca"?: string | undefined;
  readonly "token-file"?: string | undefined;
  readonly wait?: boolean | undefined;
  readonly timeout?: string | undefined;
  /** Words of the command line; so is `pool`. */
  readonly backend?: string | undefined;
  readonly weight?: string | undefined;
  /** Of `cert`. */
  readonly also?: readonly string[] | undefined;
  readonly days?: string | undefined;
}

export interface Command {
  readonly HELP: string;
  /** @returns the exit status */
  readonly run: (flags: Flags, signals?: Signals) => Promise<number>;
}
