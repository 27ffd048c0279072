/** Runs the open-loop load, go_load: its input and its output. */
import { textOf } from "../../../lib/engines/tcp/http1/bytes.ts";
import { pinned } from "../cores.ts";
import { buildRequest, type Workload } from "./workloads.ts";

export interface Plan {
  readonly port: number;
  readonly workload: Workload;
  /** Requests a second. */
  readonly rate: number;
  /** How long requests are measured, in seconds, and how long they are sent before that. */
  readonly seconds: number;
  readonly warmup: number;
  /** A request that is due while all of them are in use waits for one, and its latency counts. */
  readonly connections: number;
}

/** The quantiles of latency, and of how late requests were sent. */
export const LATENCY_SHARES = [0.5, 0.99, 0.999] as const;
export const LATE_SHARES = [0.99, 0.999] as const;

/** Times are in microseconds. */
export interface Latency {
  /** How many requests were measured. */
  readonly requests: number;
  /** By {@linkcode LATENCY_SHARES}: from when a request was due to the last byte of its response. */
  readonly quantiles: readonly number[];
  /**
   * By {@linkcode LATE_SHARES}: how late the load itself sent its requests, counted from when they were due and
   * a connection was free. It is a part of their latency.
   */
  readonly late: readonly number[];
  /** What went wrong, the warm-up included. */
  readonly wrong: readonly string[];
}

/** @param program go_load, as it was built */
export async function runOpenLoop(
  program: string,
  { workload, ...plan }: Plan,
  cores: readonly number[],
): Promise<Latency> {
  const [command, ...args] = [...pinned(cores), program];
  const process = new Deno.Command(command!, {
    args,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = process.stdin.getWriter();
  await writer.write(new TextEncoder().encode(JSON.stringify({
    ...plan,
    request: encode(buildRequest(workload)),
    answer: encode(workload.answer),
    latencyShares: LATENCY_SHARES,
    lateShares: LATE_SHARES,
  })));
  await writer.close();
  const { success, stdout, stderr } = await process.output();
  if (!success) throw new Error(`Cannot load port ${plan.port} as ${textOf(stderr).trim()}`);
  return JSON.parse(textOf(stdout));
}

/** As Go reads bytes from JSON: in Base64. */
function encode(bytes: Uint8Array): string {
  return btoa(textOf(bytes));
}
