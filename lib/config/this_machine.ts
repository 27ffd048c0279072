/** The machine that this program runs on, for rules that ask for more than a configuration can tell. */
import type { Machine } from "./rules/io.ts";

export function thisMachine(): Machine {
  return {
    os: Deno.build.os,
    arch: Deno.build.arch,
    mayCallNative: Deno.permissions.querySync({ name: "ffi" }).state === "granted",
  };
}
