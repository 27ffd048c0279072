/** The machine and the software on which a bench ran. */
import { readVersion, runProgram } from "./programs.ts";
import type { Proxy } from "./proxy.ts";

export interface Machine {
  /** ISO 8601. */
  readonly date: string;
  readonly processor: string;
  readonly cores: number;
  readonly kernel: string;
  readonly deno: string;
  readonly wrk: string;
  /** Versions by the names of the proxies; undefined if a proxy is not installed. */
  readonly versions: Readonly<Record<string, string | undefined>>;
}

/** Every measurement needs these. */
const NEEDED = ["wrk", "taskset"];

export async function describeMachine(
  proxies: readonly Proxy[],
  allowed: readonly number[],
): Promise<Machine> {
  const versions: Record<string, string | undefined> = {};
  for (const { name, version } of proxies) versions[name] = await version();
  const processor = /^model name\s*: (.*)$/m.exec(await Deno.readTextFile("/proc/cpuinfo"))?.[1];
  return {
    date: new Date().toISOString(),
    processor: processor ?? Deno.build.arch,
    cores: allowed.length,
    kernel: `Linux ${Deno.osRelease()}`,
    deno: Deno.version.deno,
    wrk: await readVersion("wrk", ["--version"]) ?? "?",
    versions,
  };
}

/** Lists required programs that are not installed. */
export async function missingPrograms(): Promise<string[]> {
  const found = await Promise.all(NEEDED.map((program) => runProgram(program, ["--version"])));
  return NEEDED.filter((_, index) => found[index] === undefined);
}
