/** A data plane started in this isolate from the text of a configuration file, over real sockets. */
import { assertEquals } from "@std/assert";
import type { Notice } from "../../lib/runtime/messages.ts";
import type { ResolvedConfiguration } from "../../lib/runtime/revision.ts";
import type { SharedState } from "../../lib/shared_memory/state.ts";
import type { EngineName } from "./balancer.ts";
import { configurationOf } from "./configuration_file.ts";
import { firstRevision, startOnlyWorker } from "./revision.ts";

export interface ConfiguredPlane extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  readonly state: SharedState;
  /** Of each listener, by its name. */
  readonly ports: Record<string, number>;
  /** Serves by another file from now on. */
  readonly change: (file: object) => Promise<void>;
  /** The access log lines so far, once the plane has been drained. */
  readonly lines: () => string[];
  /** Faults, events of health and warnings. */
  readonly notices: readonly Notice[];
}

/** @param file what the configuration file has beside the engine: pools, routes and others */
export async function planeOf(engine: EngineName, file: object): Promise<ConfiguredPlane> {
  const configuration = await configurationOf(JSON.stringify({ engine, ...file }));
  const { revision, revisions, process } = firstRevision(configuration);
  const notices: Notice[] = [];
  const plane = await startOnlyWorker(
    { revision, process },
    (notice) => notices.push(notice),
    "text",
  );
  const { port } = plane.addresses[0]!;
  const ports = Object.fromEntries(
    revision.listeners.map(({ name }, place) => [name, plane.addresses[place]!.port]),
  );

  async function change(file: object): Promise<void> {
    const changed = await configurationOf(JSON.stringify({ engine, ...file }));
    const next = revisions.make(changed as ResolvedConfiguration);
    const listeners = next.listeners.map(({ name }) => ({
      name,
      hostname: "127.0.0.1",
      port: ports[name] ?? 0,
    }));
    const prepared = await plane.prepare({ ...next, listeners });
    if (prepared.kind !== "prepared") throw new Error(JSON.stringify(prepared));
    for (const [place, { port }] of prepared.addresses.entries()) {
      ports[listeners[place]!.name] = port;
    }
    await plane.commit(next.number);
    revisions.adopt(next);
  }

  let drained: Promise<number> | undefined;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    get state() {
      return revisions.state;
    },
    ports,
    change,
    notices,
    lines: () =>
      notices.flatMap((notice) => notice.kind === "lines" ? notice.lines.split("\n") : []),
    async [Symbol.asyncDispose]() {
      await (drained ??= plane.drain(5_000, 0));
      assertEquals(notices.filter(({ kind }) => kind === "fault"), []);
    },
  };
}
