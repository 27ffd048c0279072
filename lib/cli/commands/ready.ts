/** `roundabout ready`: lets a backend have requests again. */
import { askBalancer, ASKING_HELP } from "../admin_target.ts";
import { changeBackend, printState } from "../change_backend.ts";
import type { Flags } from "../command.ts";

export const HELP = `roundabout ready: let a backend have requests again

Usage: roundabout ready POOL BACKEND [flags]

  roundabout ready users http://users-1:5000

It takes back what roundabout drain did. A backend that fails stays left out until it works again.

${ASKING_HELP}
Exit status 0 if it was done, 2 if there is no such pool or backend, otherwise 1.
`;

export function run(flags: Flags): Promise<number> {
  return askBalancer(flags, `make ${flags.backend} ready`, async (client) => {
    const changed = await changeBackend(client, flags, "ready");
    printState(changed, `ready, weight ${changed.weight}`);
    return 0;
  });
}
