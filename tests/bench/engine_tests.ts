/** Runs the tests of engines in another way than `deno task test` does. */
import { ROOT } from "./processes.ts";

/**
 * @param env what tests/support/balancer.ts goes by
 * @returns the exit status: 0 if all have passed
 */
export async function runEngineTests(env: Readonly<Record<string, string>>): Promise<number> {
  const files = Deno.args.length > 0 ? Deno.args : ["tests/engines"];
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "--frozen", "-A", "--quiet", ...files],
    cwd: ROOT,
    env,
  }).spawn().status;
  return code;
}
