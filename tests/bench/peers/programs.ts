/** Programs that may be installed or not. */

/** What a program says, on either output, or undefined where it is not installed. */
export async function outputOf(
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

/**
 * The first thing in what a program says that looks like a version, or undefined where it is not installed.
 */
export async function versionOf(
  program: string,
  args: readonly string[],
): Promise<string | undefined> {
  const said = await outputOf(program, args);
  return said === undefined ? undefined : /\d+(\.\d+)+[\w.+-]*/.exec(said.text)?.[0] ?? "?";
}
