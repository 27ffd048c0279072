/** A data plane started in this isolate from the text of a configuration file, over real sockets. */
import { assertEquals } from "@std/assert";
import { startDataPlane } from "../../lib/runtime/data_plane.ts";
import { engineLimits } from "../../lib/runtime/engine_limits.ts";
import { needsRates } from "../../lib/runtime/guard_tools.ts";
import type { Notice } from "../../lib/runtime/messages.ts";
import { extentOf } from "../../lib/runtime/pools.ts";
import { SharedMemory } from "../../lib/shared_memory/layout.ts";
import { newRateTable } from "../../lib/shared_memory/rate_table.ts";
import type { EngineName } from "./balancer.ts";
import { configurationOf } from "./configuration_file.ts";

export interface ConfiguredPlane extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  readonly memory: SharedMemory;
  /** The access log lines so far, once the plane has been drained. */
  readonly lines: () => string[];
  /** Faults, events of health and warnings. */
  readonly notices: readonly Notice[];
}

/** @param file what the configuration file has beside the engine: pools, routes and others */
export async function planeOf(engine: EngineName, file: object): Promise<ConfiguredPlane> {
  const configuration = await configurationOf(JSON.stringify({ engine, ...file }));
  const memory = new SharedMemory(extentOf(configuration, 1));
  const notices: Notice[] = [];
  const plane = await startDataPlane({
    config: configuration,
    instanceName: "roundabout",
    number: 1,
    listeners: Object.keys(configuration.listeners)
      .map((name) => ({ name, hostname: "127.0.0.1", port: 0 })),
    reusePort: false,
    limits: engineLimits(configuration, 1, Infinity),
    guards: { rates: needsRates(configuration) ? newRateTable() : undefined, seed: 1 },
    wallOrigin: performance.timeOrigin,
    logFormat: "text",
    buffer: memory.buffer,
    extent: memory.extent,
  }, (notice) => notices.push(notice));
  const { port } = plane.addresses[0]!;
  let drained: Promise<number> | undefined;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    memory,
    notices,
    lines: () =>
      notices.flatMap((notice) => notice.kind === "lines" ? notice.lines.split("\n") : []),
    async [Symbol.asyncDispose]() {
      await (drained ??= plane.drain(5_000, 0));
      assertEquals(notices.filter(({ kind }) => kind === "fault"), []);
    },
  };
}
