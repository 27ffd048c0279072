/** `roundabout reload`: makes a running balancer read its configuration again. */
import { escapeUnprintable } from "../../logging/escape.ts";
import { complain, print } from "../../logging/log.ts";
import type { Json } from "../admin_client.ts";
import { askBalancer, ASKING_HELP } from "../admin_target.ts";
import type { Flags } from "../command.ts";

export const HELP = `roundabout reload: make a running balancer read its configuration again

Usage: roundabout reload [flags]

It prints the number of the configuration that applies now, and what has changed. If anything is wrong,
nothing changes: it prints what, as roundabout check does.

${ASKING_HELP}
Exit status 0 if the configuration applies, 2 if it was refused, otherwise 1.
`;

const REFUSED = 2;

export function run(flags: Flags): Promise<number> {
  return askBalancer(flags, "reload", async (client) => {
    const { status, body } = await client.reload();
    if (status !== 200) {
      complain(describeRefusal(body));
      return REFUSED;
    }
    const changes = textsIn(body["changes"]);
    const number = `configuration ${body["number"]}`;
    const lines = changes.length === 0 ? [`${number}: nothing has changed`] : [number, ...changes];
    print(lines.map((line) => `${escapeUnprintable(line)}\n`).join(""));
    return 0;
  });
}

/** A place in a file takes several lines. */
function describeRefusal({ error, problems }: Json): string {
  const texts = textsIn(problems);
  const isLong = texts.some((text) => text.includes("\n"));
  return isLong
    ? [`${error}:`, ...texts].join("\n\n")
    : [`${error}:`, ...texts.map((text) => `  ${text}`)].join("\n");
}

function textsIn(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
