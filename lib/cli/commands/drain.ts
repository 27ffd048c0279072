/** `roundabout drain`: lets a backend finish what it has, without new requests. */
import { delay } from "@std/async/delay";
import { ConfigError } from "../../config/load.ts";
import { duration } from "../../config/values/quantities.ts";
import { isReading, refusalOf } from "../../config/values/reading.ts";
import { complain } from "../../logging/log.ts";
import type { ChangedBackend } from "../admin_answers.ts";
import type { AdminClient } from "../admin_client.ts";
import { AdminError } from "../admin_error.ts";
import { askBalancer, ASKING_HELP } from "../admin_target.ts";
import { backendPath, changeBackend, printState } from "../change_backend.ts";
import type { Flags } from "../command.ts";

export const HELP = `roundabout drain: let a backend finish what it has, without new requests

Usage: roundabout drain POOL BACKEND [--wait] [--timeout 5m] [flags]

  roundabout drain users http://users-1:5000 --wait

Clients that a sticky cookie ties to the backend may go on. The drain lasts through reloads, until
roundabout ready takes it back; roundabout status shows it.

  --wait             return when nothing is in flight at the backend; Ctrl-C ends the wait, not the drain
  --timeout DURATION how long to wait at most (5m)
${ASKING_HELP}
Exit status 0 if it was done, 2 if there is no such pool or backend, otherwise 1: also if something is
still in flight after the time.
`;

const FAILED = 1;
const DEFAULT_TIMEOUT = "5m";
const DAY_MS = 86_400_000;

/** How long to wait before asking again, in milliseconds. */
const PAUSE_MS = 250;

export async function run(flags: Flags): Promise<number> {
  const timeout = readTimeout(flags);
  return await askBalancer(flags, `drain ${flags.backend}`, async (client) => {
    const changed = await changeBackend(client, flags, "drain");
    printState(changed, `draining, in flight: ${changed.inFlight}`);
    return flags.wait ? await waitUntilIdle(client, changed, timeout) : 0;
  });
}

/** @returns the exit status */
async function waitUntilIdle(
  client: AdminClient,
  changed: ChangedBackend,
  timeout: number,
): Promise<number> {
  const interrupt = new AbortController();
  const onInterrupt = () => interrupt.abort();
  Deno.addSignalListener("SIGINT", onInterrupt);
  const until = performance.now() + timeout;
  let { inFlight } = changed;
  try {
    while (inFlight > 0) {
      if (performance.now() >= until) return giveUp(inFlight, `${timeout / 1000} s are over`);
      await delay(Math.min(PAUSE_MS, timeout), { signal: interrupt.signal });
      inFlight = await requestsAt(client, changed);
    }
  } catch (error) {
    if (!interrupt.signal.aborted || error !== interrupt.signal.reason) throw error;
    return giveUp(inFlight, "the wait was ended");
  } finally {
    Deno.removeSignalListener("SIGINT", onInterrupt);
  }
  printState(changed, "nothing is in flight");
  return 0;
}

/** @returns how many are in flight; none if the backend is not there any more */
async function requestsAt(client: AdminClient, { pool, backend }: ChangedBackend) {
  try {
    const { state, inFlight } = await client.get(backendPath(pool, backend));
    if (state === "draining" || state === "removed") return Number(inFlight);
    throw new AdminError(`it is not draining any more: ${state}`);
  } catch (error) {
    if (error instanceof AdminError && error.status === 404) return 0;
    throw error;
  }
}

function giveUp(inFlight: number, reason: string): number {
  complain(`Cannot wait any longer as ${reason}: it goes on draining, in flight: ${inFlight}`);
  return FAILED;
}

/** In milliseconds. */
function readTimeout({ timeout, wait }: Flags): number {
  if (timeout !== undefined && !wait) {
    throw new ConfigError(["--timeout has no effect without --wait"], "ask the balancer");
  }
  const read = duration(timeout ?? DEFAULT_TIMEOUT, 0, DAY_MS);
  if (isReading(read)) return read.value;
  const problem = `--timeout ${refusalOf(read)!.expected}: current value is ${
    JSON.stringify(timeout)
  }`;
  throw new ConfigError([problem], "ask the balancer");
}
