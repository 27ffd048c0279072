/** `roundabout reload`: makes a running balancer read its configuration again. */
import { askBalancer, ASKING_HELP } from "../admin_target.ts";
import type { Flags } from "../command.ts";
import { report } from "../reload_report.ts";

export const HELP = `roundabout reload: make a running balancer read its configuration again

Usage: roundabout reload [flags]

It prints the number of the configuration that applies now, and what has changed. If anything is wrong,
nothing changes: it prints what, as roundabout check does.

${ASKING_HELP}
Exit status 0 if the configuration applies, 2 if it was refused, otherwise 1.
`;

export function run(flags: Flags): Promise<number> {
  return askBalancer(flags, "reload", async (client) => report(client, await client.reload()));
}
