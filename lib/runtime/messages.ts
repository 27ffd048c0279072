/** What the supervisor and a worker say to each other. All of it is plain data, or memory that they share. */
import type { LineFormat } from "../logging/access_log.ts";
import type { Config } from "../config/schema.ts";
import type { Limits } from "../engines/engine.ts";
import type { Level } from "../logging/log.ts";
import type { Extent } from "../shared_memory/layout.ts";

/** What a worker is to do. */
export interface Assignment {
  /** Which one it is, from 1. */
  readonly number: number;
  readonly config: Config;
  /** 0 takes any free port. */
  readonly port: number;
  /** Whether others listen there, too. */
  readonly reusePort: boolean;
  readonly limits: Limits;
  /** How the access log is written; undefined writes none. */
  readonly lines: LineFormat | undefined;
  readonly buffer: SharedArrayBuffer;
  readonly extent: Extent;
}

/** What the supervisor says. */
export type Order =
  | { readonly kind: "serve"; readonly assignment: Assignment }
  /** Stop: as {@linkcode Engine.drain} has it. */
  | { readonly kind: "drain"; readonly timeout: number; readonly grace: number };

/** What a worker says. */
export type Notice =
  | { readonly kind: "listening"; readonly address: Deno.NetAddr }
  | { readonly kind: "cannot listen"; readonly message: string }
  | LogNotice
  /** It has stopped, and so many requests were cut off. */
  | { readonly kind: "drained"; readonly cut: number };

/** What a worker says for the logs. */
export type LogNotice =
  /** For the program's log. */
  | { readonly kind: "log"; readonly level: Level; readonly message: string }
  /** The same, of trouble that goes on: told where it begins for this worker, and others may meet it, too. */
  | { readonly kind: "warning"; readonly message: string }
  /** Lines of the access log, without the last line's end. */
  | { readonly kind: "lines"; readonly lines: string };
