/**
 * A worker: the thread in which a data plane runs. It is told what to do by the supervisor, and needs
 * nothing else to be right.
 */
/// <reference lib="deno.worker" />
import { ListenError } from "../net/listen_error.ts";
import { type DataPlane, startDataPlane } from "./data_plane.ts";
import type { Assignment, Notice, Order } from "./messages.ts";

let plane: DataPlane | undefined;

self.addEventListener("message", ({ data: order }: MessageEvent<Order>) => {
  if (order.kind === "serve") serve(order.assignment);
  else drain(order.timeout, order.grace);
});

function serve(assignment: Assignment): void {
  try {
    plane = startDataPlane(assignment, tell);
  } catch (error) {
    if (!(error instanceof ListenError)) throw error;
    return tell({ kind: "cannot listen", message: error.message });
  }
  tell({ kind: "listening", address: plane.address });
}

async function drain(timeout: number, grace: number): Promise<void> {
  tell({ kind: "drained", cut: await plane!.drain(timeout, grace) });
}

function tell(notice: Notice): void {
  self.postMessage(notice);
}
