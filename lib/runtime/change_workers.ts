/** Changes workers to another revision in two steps: all of them get ready, or none changes. */
import { deadline } from "@std/async/deadline";
import { log } from "../logging/log.ts";
import { ignoreTimeout } from "../time/ignore_timeout.ts";
import type { Prepared } from "./messages.ts";
import { type Revision, withPorts } from "./revision.ts";
import type { WorkerHandle } from "./worker_handle.ts";

/** A worker, as far as it is changed. */
export type Changeable = Pick<WorkerHandle, "number" | "prepare" | "commit" | "abandon">;

/** How long workers may take to get ready for a revision, or to change to it, in milliseconds. */
const CHANGE_TIMEOUT_MS = 10_000;

/**
 * Lets workers get ready, one after the other: the first of them takes the ports that the system chooses.
 *
 * @returns the revision with these ports; why none of them may change, if one cannot
 */
export async function prepareAll(
  workers: readonly Changeable[],
  revision: Revision,
): Promise<Revision | string> {
  let next = revision;
  for (const [index, worker] of workers.entries()) {
    const prepared = await prepare(worker, next);
    if (prepared.kind === "refused") {
      for (const other of workers.slice(0, index + 1)) other.abandon(revision.number);
      return prepared.message;
    }
    if (prepared.kind === "prepared") next = withPorts(next, prepared.addresses);
  }
  return next;
}

/** Lets workers that are ready change. One that does not answer changes once it goes on. */
export async function commitAll(workers: readonly Changeable[], revision: Revision): Promise<void> {
  await Promise.all(workers.map(async (worker) => {
    const committed = worker.commit(revision.number).then(() => true);
    if (await deadline(committed, CHANGE_TIMEOUT_MS).catch(ignoreTimeout)) return;
    log("warn", `worker ${worker.number} does not answer: it changes once it goes on`);
  }));
}

async function prepare(worker: Changeable, revision: Revision): Promise<Prepared> {
  const prepared = await deadline(worker.prepare(revision), CHANGE_TIMEOUT_MS)
    .catch(ignoreTimeout);
  return prepared ??
    { kind: "refused", message: `worker ${worker.number} does not answer: it may hang` };
}
