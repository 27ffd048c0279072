/** Runs programs that may not be installed. */

/** @returns what a program writes to both outputs, or undefined if it is not installed */
export async function runProgram(
  program: string,
  args: readonly string[] = [],
  options: Omit<Deno.CommandOptions, "args"> = {},
): Promise<{ readonly success: boolean; readonly text: string } | undefined> {
  try {
    const { success, stdout, stderr } = await new Deno.Command(program, {
      ...options,
      args: [...args],
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    return { success, text: decoder.decode(stdout) + decoder.decode(stderr) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** @returns the first version number in a program's output, or undefined if it is not installed */
export async function readVersion(
  program: string,
  args: readonly string[],
): Promise<string | undefined> {
  const said = await runProgram(program, args);
  return said === undefined ? undefined : /\d+(\.\d+)+[\w.+-]*/.exec(said.text)?.[0] ?? "?";
}
