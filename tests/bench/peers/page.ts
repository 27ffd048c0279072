/**
 * A page whose tables the bench writes itself: what it writes stands between two comments, which a reader does
 * not see, and everything else is prose, which stays.
 */
import { ROOT } from "../processes.ts";
import { runProgram } from "./programs.ts";

const END = "<!-- end -->";
/** A section, and in groups its first line, its name, and its end; a section has no other in it. */
const SECTION = /(<!-- bench:peers (\w+) -->\n)(?:(?!<!-- bench:peers )[^])*?(<!-- end -->)/g;

/** Lists the names of a page's sections, in their order. */
export function listSections(page: string): string[] {
  return [...page.matchAll(SECTION)].map(([, , name]) => name!);
}

/**
 * Replaces what stands in the sections of a page.
 *
 * @param sections Markdown by the names of the sections
 * @throws {Error} if the page has not each of these sections once, and no other
 */
export function writeSections(page: string, sections: Readonly<Record<string, string>>): string {
  checkSections(page, Object.keys(sections));
  return page.replace(
    SECTION,
    (_, begin, name, end) => `${begin}\n${sections[name]!.trim()}\n\n${end}`,
  );
}

/** @throws {Error} if the page has not each of these sections once, and no other */
export function checkSections(page: string, names: readonly string[]): void {
  const found = listSections(page);
  const problems = [
    ...names.filter((name) => !found.includes(name)).map((name) =>
      `it has no section from <!-- bench:peers ${name} --> to ${END}`
    ),
    ...found.filter((name, place) => !names.includes(name) || found.indexOf(name) < place)
      .map((name) => `nothing writes its section ${name}, or it has two`),
  ];
  if (problems.length > 0) throw new Error(`Cannot write the page as ${problems.join("; ")}`);
}

/** Writes sections into the file of a page, and formats it as `deno task fmt` does. */
export async function updatePage(
  path: string,
  sections: Readonly<Record<string, string>>,
): Promise<void> {
  await Deno.writeTextFile(path, writeSections(await Deno.readTextFile(path), sections));
  const args = ["fmt", "--quiet", `--config=${ROOT}deno.json`, path];
  const formatted = await runProgram(Deno.execPath(), args);
  if (!formatted?.success) throw new Error(`Cannot format ${path}: ${formatted?.text}`);
}
