/** `roundabout weight`: changes a backend's share of the requests. */
import { ConfigError } from "../../config/load.ts";
import { wholeNumber } from "../../config/values/quantities.ts";
import { isReading } from "../../config/values/reading.ts";
import { askBalancer, ASKING_HELP } from "../admin_target.ts";
import { changeBackend, printState } from "../change_backend.ts";
import type { Flags } from "../command.ts";

export const HELP = `roundabout weight: change a backend's share of the requests

Usage: roundabout weight POOL BACKEND WEIGHT [flags]

  roundabout weight users http://users-1:5000 5

WEIGHT is a whole number from 0 to 100; with 0 it gets no new requests. It lasts through reloads until the
file gives the backend another weight, and not through a restart.

${ASKING_HELP}
Exit status 0 if it was done, 2 if there is no such pool or backend, otherwise 1.
`;

export async function run(flags: Flags): Promise<number> {
  const weight = wholeNumber(flags.weight!, 0, 100);
  if (!isReading(weight)) {
    const problem = `WEIGHT must be 0 to 100: current value is ${JSON.stringify(flags.weight)}`;
    throw new ConfigError([problem], "ask the balancer");
  }
  return await askBalancer(flags, `set the weight of ${flags.backend}`, async (client) => {
    const body = { weight: weight.value };
    const changed = await changeBackend(client, flags, "weight", body);
    printState(changed, `weight ${changed.weight}`);
    return 0;
  });
}
