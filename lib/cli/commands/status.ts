/** `roundabout status`: shows how a running balancer and its backends are. */
import { escapeUnprintable } from "../../logging/escape.ts";
import { print } from "../../logging/log.ts";
import { isStatus } from "../admin_answers.ts";
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
    const status = client.expect(await client.get("/api/status"), isStatus, "a status");
    print(flags.json ? formatJson(status) : formatStatus(status));
    return 0;
  });
}

/** Line by line: what is not printable stands in strings, where JSON can escape it. */
function formatJson(value: unknown): string {
  const lines = JSON.stringify(value, null, 2).split("\n");
  return lines.map((line) => `${escapeUnprintable(line)}\n`).join("");
}
