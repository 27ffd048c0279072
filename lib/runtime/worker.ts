/** The module of a worker: a thread that runs a data plane, as the supervisor orders. */
/// <reference lib="deno.worker" />
import { openSockets } from "../net/io.ts";
import { ListenError, NoSocketsError } from "../net/listen_error.ts";
import type { Sockets } from "../net/sockets.ts";
import { type DataPlane, startDataPlane } from "./data_plane.ts";
import type { Assignment, Notice, Order } from "./messages.ts";
import type { Revision } from "./revision.ts";

/** Undefined until the order to serve has come. */
let dataPlane: Promise<DataPlane> | undefined;
let sockets: Promise<Sockets> | undefined;

self.addEventListener("message", ({ data: order }: MessageEvent<Order>) => {
  switch (order.kind) {
    case "serve":
      return serve(order.assignment);
    case "prepare":
      return prepare(order.revision);
    case "commit":
      return dataPlane!.then((running) => running.commit(order.revision));
    case "abandon":
      return dataPlane!.then((running) => running.abandon(order.revision));
    case "drain":
      return drain(order.timeout, order.grace);
    case "end":
      return end();
  }
});

// Deno would write the error to standard error before it tells the supervisor, and wait for a reader.
self.addEventListener("error", (event) => {
  event.preventDefault();
  die(event.error);
});
self.addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  die(event.reason);
});

async function die(error: unknown): Promise<void> {
  notify({
    kind: "died",
    reason: error instanceof Error ? error.stack ?? error.message : String(error),
  });
  await end();
}

async function end(): Promise<void> {
  await sockets?.then((open) => open.closeAll(), () => {}); // if there are none, it ends for that
  self.close();
}

async function serve(assignment: Assignment): Promise<void> {
  try {
    dataPlane = start(assignment);
    const { addresses } = await dataPlane;
    notify({ kind: "listening", addresses });
  } catch (error) {
    if (!(error instanceof ListenError)) throw error;
    const kind = error instanceof NoSocketsError ? "has no sockets" : "cannot listen";
    notify({ kind, message: error.message });
  }
}

async function start(assignment: Assignment): Promise<DataPlane> {
  sockets = openSockets(assignment.revision.config.io);
  return await startDataPlane(assignment, await sockets, notify);
}

async function prepare(revision: Revision): Promise<void> {
  const running = await dataPlane!;
  const prepared = await running.prepare(revision);
  notify({ kind: "ready", revision: revision.number, prepared });
}

async function drain(timeout: number, grace: number): Promise<void> {
  const running = await dataPlane!;
  notify({ kind: "drained", cut: await running.drain(timeout, grace) });
}

function notify(notice: Notice): void {
  self.postMessage(notice);
}
