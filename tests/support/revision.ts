/** The first revision of a configuration, for one worker beside the control plane. */
import type { Configuration } from "../../lib/config/model.ts";
import type { ResolvedConfiguration, Revision } from "../../lib/runtime/revision.ts";
import { Revisions } from "../../lib/runtime/revisions.ts";
import { processRecords } from "../../lib/shared_memory/layout.ts";
import type { RecordBuffer } from "../../lib/shared_memory/record_buffer.ts";

/** The only worker, and how many share the memory. */
export const ONLY_WORKER = { worker: 1, workers: 2 };

export interface FirstRevision {
  readonly process: RecordBuffer;
  readonly revisions: Revisions;
  /** Each listener gets a free port on loopback. */
  readonly revision: Revision;
}

export function firstRevision(config: Configuration): FirstRevision {
  const { workers } = ONLY_WORKER;
  const process = processRecords(workers);
  const revisions = new Revisions({ workers, descriptors: Infinity, process });
  const revision = onLoopback(revisions.make(config as ResolvedConfiguration));
  revisions.adopt(revision);
  return { process, revisions, revision };
}

export function onLoopback(revision: Revision): Revision {
  const listeners = revision.listeners.map((listener) => ({
    ...listener,
    hostname: "127.0.0.1",
    port: 0,
  }));
  return { ...revision, listeners };
}
