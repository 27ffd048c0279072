/** `roundabout status`: shows how a running balancer and its backends are. */
import type { Status } from "../../admin/status.ts";
import { escapeUnprintable } from "../../logging/escape.ts";
import { print } from "../../logging/log.ts";
import { AdminError } from "../admin_error.ts";
import { askBalancer, ASKING_HELP } from "../admin_target.ts";
import type { Flags } from "../command.ts";
import { formatStatus } from "../status_text.ts";

export const HELP = `roundabout status: show how a running balancer and its backends are

Usage: roundabout status [--json] [flags]

  --json             print all of it as JSON; docs/admin.md explains each field
${ASKING_HELP}
Exit status 0 if the balancer answers, however it is, otherwise 1.
`;

export function run(flags: Flags): Promise<number> {
  return askBalancer(flags, "show the status", async (client) => {
    const status = await client.get("/api/status");
    if (!Array.isArray(status["pools"])) {
      throw new AdminError("the answer is not that of a Roundabout of this version");
    }
    if (flags.json) print(formatJson(status));
    else print(formatStatus(status as unknown as Status));
    return 0;
  });
}

/** Line by line: what is not printable stands in strings, where JSON can escape it. */
function formatJson(value: unknown): string {
  const lines = JSON.stringify(value, null, 2).split("\n");
  return lines.map((line) => `${escapeUnprintable(line)}\n`).join("");
}
