/** The module of a worker: a thread that runs a data plane, as the supervisor orders. */
/// <reference lib="deno.worker" />
import { ListenError } from "../net/listen_error.ts";
import { type DataPlane, startDataPlane } from "./data_plane.ts";
import type { Assignment, Notice, Order } from "./messages.ts";
import type { Revision } from "./revision.ts";

/** Undefined until the order to serve has come. */
let dataPlane: Promise<DataPlane> | undefined;

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

function die(error: unknown): void {
  notify({
    kind: "died",
    reason: error instanceof Error ? error.stack ?? error.message : String(error),
  });
  self.close();
}

async function serve(assignment: Assignment): Promise<void> {
  try {
    dataPlane = startDataPlane(assignment, notify);
    const { addresses } = await dataPlane;
    notify({ kind: "listening", addresses });
  } catch (error) {
    if (!(error instanceof ListenError)) throw error;
    notify({ kind: "cannot listen", message: error.message });
  }
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
