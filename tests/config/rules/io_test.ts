import { assertEquals } from "@std/assert";
import { ConfigError, parseVariables } from "../../../lib/config/load.ts";
import { epollRule, type Machine } from "../../../lib/config/rules/io.ts";
import { problemsOfText } from "../../support/configuration_file.ts";
import { USERS } from "../../support/variables.ts";

const GOOD: Machine = { os: "linux", arch: "x86_64", mayCallNative: true };

/** What is wrong with variables, on a machine. */
function problemOf(variables: Record<string, string>, machine: Machine): string | undefined {
  try {
    parseVariables({ ...USERS, ...variables }, [epollRule(machine)]);
    return undefined;
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.join("\n");
    throw error;
  }
}

const EPOLL = { ENGINE: "tcp", IO: "epoll" };

for (
  const [name, machine, message] of [
    ["Linux on x86-64 with --allow-ffi", {}, undefined],
    ["Linux on arm64 with --allow-ffi", { arch: "aarch64" }, undefined],
    [
      "Linux without --allow-ffi",
      { mayCallNative: false },
      "without --allow-ffi, which the " +
      "tasks start:epoll and compile:epoll have",
    ],
    ["macOS", { os: "darwin", mayCallNative: false }, "on darwin, as only Linux has epoll"],
    [
      "Linux on RISC-V",
      { arch: "riscv64" },
      "on riscv64, as epoll is supported on x86-64 and " +
      "arm64 only",
    ],
  ] as const
) {
  Deno.test(`io: on ${name} epoll is ${message === undefined ? "right" : "refused"}`, () => {
    const found = problemOf(EPOLL, { ...GOOD, ...machine });
    const expected = message && `IO must be deno ${message}: current value is "epoll"`;
    assertEquals(found, expected);
  });

  Deno.test(`io: on ${name} Deno's sockets are right with either engine`, () => {
    for (const ENGINE of ["web", "tcp"]) {
      assertEquals(problemOf({ ENGINE, IO: "deno" }, { ...GOOD, ...machine }), undefined);
      assertEquals(problemOf({ ENGINE }, { ...GOOD, ...machine }), undefined);
    }
  });
}

Deno.test("io: epoll needs the tcp engine, and without it nothing else is said of it", async () => {
  const nowhere = { os: "darwin", arch: "riscv64", mayCallNative: false };
  assertEquals(problemOf({ IO: "epoll" }, nowhere), "IO needs ENGINE=tcp");
  const file = `{ "io": "epoll", "pools": { "users": { "backends": ["http://a"] } } }`;
  assertEquals(
    (await problemsOfText(file)).errors,
    `roundabout.jsonc:1:3: error: io needs engine "tcp"\n  1 | ${file}\n    |   ^^^^`,
  );
});
