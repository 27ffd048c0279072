/** The first revision of a configuration, for one worker beside the control plane. */
import type { Configuration } from "../../lib/config/model.ts";
import { DENO_SOCKETS } from "../../lib/net/sockets.ts";
import { startDataPlane } from "../../lib/runtime/data_plane.ts";
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

/** The only worker, in this isolate. @param notify called with what it reports */
export function startOnlyWorker(
  { revision, process }: Pick<FirstRevision, "revision" | "process">,
  notify: Parameters<typeof startDataPlane>[2],
  logFormat?: "text",
): ReturnType<typeof startDataPlane> {
  return startDataPlane(
    {
      revision,
      instanceName: "roundabout",
      number: ONLY_WORKER.worker,
      workers: ONLY_WORKER.workers,
      reusePort: false,
      seed: 1,
      wallOrigin: performance.timeOrigin,
      logFormat,
      buffer: process.buffer,
    },
    DENO_SOCKETS,
    notify,
  );
}
