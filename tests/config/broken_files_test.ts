/**
 * What `check` prints for broken files, whole: a file, `--`, and its problems. The cases stand in files of
 * their own, so that what a user would see can be read as such. In them ␀, ␉ and ␛ stand for NUL, a tab and
 * a byte order mark.
 */
import { assert, assertEquals } from "@std/assert";
import { problemsOfText } from "../support/configuration_file.ts";

const FOLDER = new URL("broken_files/", import.meta.url);

interface Case {
  readonly title: string;
  readonly text: string;
  readonly expected: string;
}

function casesIn(file: string): Case[] {
  const [, ...cases] = Deno.readTextFileSync(new URL(file, FOLDER)).split(/^== /m);
  return cases.map((text) => {
    const [, title = "", broken = "", expected = ""] = /^(.*)\n([^]*?)\n?--\n([^]*)$/.exec(text) ??
      [];
    assert(title !== "" && expected !== "", text);
    return { title, text: broken, expected: expected.replace(/\n+$/, "") };
  });
}

const ALL = [...Deno.readDirSync(FOLDER)].map(({ name }) => name).sort()
  .flatMap((file) => casesIn(file));

for (const { title, text, expected } of ALL) {
  Deno.test(`broken files: ${title}`, async () => {
    const { errors, configuration } = await problemsOfText(text);
    assertEquals(errors, expected);
    assertEquals(configuration, undefined);
  });
}

Deno.test("broken files: no message is vague, doubled, or shows a secret", () => {
  for (const { expected, title } of ALL) {
    assert(!/Invalid input|undefined|\[object/.test(expected), title);
    assert(!expected.includes("hunter2"), title);
    const lines = expected.split("\n").filter((line) => /: error: /.test(line));
    assertEquals(lines, [...new Set(lines)], title);
  }
});
