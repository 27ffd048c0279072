/** What is wrong with a configuration, or what is probably not meant. */
import type { Path, Place } from "../tree/node.ts";

export interface Problem {
  readonly severity: "error" | "warning";
  /** What it is about; empty if it is about the whole file. */
  readonly path: Path;
  /** Where it was written; undefined if it was written nowhere. */
  readonly place: Place | undefined;
  /** What it must be, or what is wrong with it, as the rest of a sentence that begins with the setting. */
  readonly message: string;
  /** What was found, for the message; undefined if the place shows it. */
  readonly found?: string | undefined;
  /** What was probably meant, as it would be written. */
  readonly meant?: string | undefined;
}
