/** Prints what a reload came to, or would come to. */
import { escapeUnprintable } from "../logging/escape.ts";
import { complain, print } from "../logging/log.ts";
import type { Answered, Json } from "./admin_client.ts";

const REFUSED = 2;

/** @returns the exit status */
export function report({ status, body }: Answered): number {
  if (status !== 200) {
    complain(describeRefusal(body));
    return REFUSED;
  }
  const changes = textsIn(body["changes"]);
  const number = `configuration ${body["number"]}`;
  const lines = changes.length === 0 ? [`${number}: nothing has changed`] : [number, ...changes];
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
