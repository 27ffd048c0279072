/** What the figures were taken on and with. */
import { outputOf, versionOf } from "./programs.ts";
import type { Proxy } from "./proxy.ts";

export interface Machine {
  /** ISO 8601. */
  readonly date: string;
  readonly processor: string;
  readonly cores: number;
  readonly kernel: string;
  readonly deno: string;
  readonly wrk: string;
  /** Versions by the names of the proxies; undefined where one is not installed. */
  readonly versions: Readonly<Record<string, string | undefined>>;
}

/** Without these nothing can be measured. */
const NEEDED = ["wrk", "taskset", "chrt"];

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
    wrk: await versionOf("wrk", ["--version"]) ?? "?",
    versions,
  };
}

/** Programs that the bench cannot do without and that are not installed. */
export async function missingPrograms(): Promise<string[]> {
  const found = await Promise.all(NEEDED.map((program) => outputOf(program, ["--version"])));
  return NEEDED.filter((_, index) => found[index] === undefined);
}
