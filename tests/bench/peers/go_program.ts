/** Builds the bench's own programs in Go, which need its standard library only: no modules, and no network. */
import { runProgram } from "./programs.ts";

/**
 * @param name of a folder with a main.go @param base the module beside which it lies, by default this one
 * @returns the path of the built program
 */
export async function buildGo(
  name: string,
  directory: string,
  base: string = import.meta.url,
): Promise<string> {
  const source = new URL(`./${name}/main.go`, base).pathname;
  const program = `${directory}/${name}`;
  const built = await runProgram("go", ["build", "-o", program, source], {
    env: { GO111MODULE: "off", CGO_ENABLED: "0" },
  });
  if (!built?.success) throw new Error(`Cannot build ${source} as go failed: ${built?.text}`);
  return program;
}
