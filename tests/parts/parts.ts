/**
 * The files of tests, in a few parts that `deno task test` runs side by side.
 *
 * `deno test` gives each module that it is asked to run an isolate of its own, which costs a third of a
 * second of CPU before its first test: one for each of the two hundred files took as long as all that they
 * test. So it is asked to run the parts, each of which loads its share of the files.
 */
const TESTS = new URL("../", import.meta.url);

/** How many parts there are: for each N up to it, a file N.ts beside this one loads part N. */
export const PARTS = 4;

/** Loads the files of a part, one after the other: whoever imports them defines their tests. */
export async function loadPart(part: number): Promise<void> {
  for (const file of filesOf(part)) await import(new URL(file, TESTS).href);
}

/** The files of a part, as paths from the folder of tests: neighbours are in different parts. */
export function filesOf(part: number): string[] {
  return testFiles().filter((_, index) => index % PARTS === part - 1);
}

/** All files of tests, as paths from their folder. */
export function testFiles(folder = ""): string[] {
  return [...Deno.readDirSync(new URL(folder, TESTS))].flatMap(({ name, isDirectory }) => {
    const path = `${folder}${name}`;
    return isDirectory ? testFiles(`${path}/`) : name.endsWith("_test.ts") ? [path] : [];
  }).sort();
}
