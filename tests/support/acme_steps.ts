/** What an authority was asked for, as short texts that one can compare at a glance. */
import type { Step } from "./fake_acme_server.ts";

const SHORT: Readonly<Record<string, Step>> = {
  D: "directory",
  N: "newNonce",
  A: "newAccount",
  O: "newOrder",
  a: "authorization",
  c: "challenge",
  o: "order",
  f: "finalize",
  C: "certificate",
};

/** The first letters of what was asked for. */
export function letters(steps: readonly Step[]): string {
  return steps.map((step) => Object.keys(SHORT).find((letter) => SHORT[letter] === step)).join("");
}
