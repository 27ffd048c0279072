/** What the sockets of `io: "epoll"` need: an engine that uses them, a system that has them, and a permission. */
import type { Problem } from "../problems/problem.ts";
import { assignment, problemAt, problemAtKey, type Rule, type RuleContext } from "./context.ts";

/** Where the program runs, and what it may do there. */
export interface Machine {
  /** As `Deno.build` has it: `linux`. */
  readonly os: string;
  /** As `Deno.build` has it: `x86_64`. */
  readonly arch: string;
  /** Whether it may call native code: --allow-ffi. */
  readonly mayCallNative: boolean;
}

/** Those whose structures lib/net/epoll/ knows. */
const KNOWN_ARCHITECTURES = ["x86_64", "aarch64"];

export function checkIo(context: RuleContext): Problem[] {
  const { head } = context;
  if (head === undefined || head.io === "deno" || head.engine === "tcp") return [];
  return [problemAtKey(context, ["io"], `needs ${assignment(context, ["engine"], "tcp")}`)];
}

/** A rule for whatever serves by the configuration, on the machine where it is checked. */
export function epollRule(machine: Machine): Rule {
  return (context) => {
    const { head } = context;
    if (head === undefined || head.io === "deno" || head.engine !== "tcp") return [];
    const lack = lackOf(machine);
    if (lack === undefined) return [];
    return [problemAt(context, ["io"], `must be deno ${lack}`, { found: '"epoll"' })];
  };
}

function lackOf({ os, arch, mayCallNative }: Machine): string | undefined {
  if (os !== "linux") return `on ${os}, as only Linux has epoll`;
  if (!KNOWN_ARCHITECTURES.includes(arch)) {
    return `on ${arch}, as epoll is supported on x86-64 and arm64 only`;
  }
  return mayCallNative
    ? undefined
    : "without --allow-ffi, which the tasks start:epoll and compile:epoll have";
}
