/** Prints what a reload came to, or would come to. */
import { escapeUnprintable } from "../logging/escape.ts";
import { complain, print } from "../logging/log.ts";
import { isAppliedReload } from "./admin_answers.ts";
import type { AdminClient, Answered, Json } from "./admin_client.ts";

const REFUSED = 2;

/**
 * @param client that it was answered to
 * @returns the exit status
 * @throws {AdminError} if that is no answer of a balancer
 */
export function report(client: AdminClient, { status, body }: Answered): number {
  if (status !== 200) {
    complain(describeRefusal(body));
    return REFUSED;
  }
  const { number, changes } = client.expect(body, isAppliedReload, "what has changed");
  const title = `configuration ${number}`;
  const lines = changes.length === 0 ? [`${title}: nothing has changed`] : [title, ...changes];
  print(lines.map((line) => `${escapeUnprintable(line)}\n`).join(""));
  return 0;
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
