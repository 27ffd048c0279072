/** A data plane started in this isolate from the text of a configuration file, over real sockets. */
import { assertEquals } from "@std/assert";
import { startDataPlane } from "../../lib/runtime/data_plane.ts";
import type { Notice } from "../../lib/runtime/messages.ts";
import type { SharedState } from "../../lib/shared_memory/state.ts";
import type { EngineName } from "./balancer.ts";
import { configurationOf } from "./configuration_file.ts";
import { firstRevision, ONLY_WORKER } from "./revision.ts";

export interface ConfiguredPlane extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  readonly state: SharedState;
  /** The access log lines so far, once the plane has been drained. */
  readonly lines: () => string[];
  /** Faults, events of health and warnings. */
  readonly notices: readonly Notice[];
}

/** @param file what the configuration file has beside the engine: pools, routes and others */
export async function planeOf(engine: EngineName, file: object): Promise<ConfiguredPlane> {
  const configuration = await configurationOf(JSON.stringify({ engine, ...file }));
  const { revision, process } = firstRevision(configuration);
  const notices: Notice[] = [];
  const plane = await startDataPlane({
    revision,
    instanceName: "roundabout",
    number: ONLY_WORKER.worker,
    workers: ONLY_WORKER.workers,
    reusePort: false,
    seed: 1,
    wallOrigin: performance.timeOrigin,
    logFormat: "text",
    buffer: process.buffer,
  }, (notice) => notices.push(notice));
  const { port } = plane.addresses[0]!;
  let drained: Promise<number> | undefined;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    state: revision.state,
    notices,
    lines: () =>
      notices.flatMap((notice) => notice.kind === "lines" ? notice.lines.split("\n") : []),
    async [Symbol.asyncDispose]() {
      await (drained ??= plane.drain(5_000, 0));
      assertEquals(notices.filter(({ kind }) => kind === "fault"), []);
    },
  };
}
