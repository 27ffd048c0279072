import { assert, assertEquals } from "@std/assert";
import { Program } from "../support/program.ts";

const README = Deno.readTextFileSync(new URL("../../README.md", import.meta.url));

/** Commands of the README that simulate something, each with the output that is shown after it. */
function examples(): { args: string[]; shown: string[] }[] {
  const blocks = [...README.matchAll(/^```(sh)?\n(.*?)^```$/gms)];
  return blocks.flatMap(([, language, text = ""], index) => {
    if (language !== "sh" || !text.includes("task simulate")) return [];
    const [, rest = ""] = /task simulate (.*)/s.exec(text.replaceAll("\\\n", " ")) ?? [];
    const args = [...rest.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, word]) => quoted ?? word!);
    return [{ args, shown: blocks[index + 1]![2]!.trimEnd().split("\n") }];
  });
}

Deno.test("documented: the README shows two simulations", () => {
  assertEquals(examples().length, 2);
});

for (const { args, shown } of examples()) {
  Deno.test(`documented: simulate ${args.join(" ")} says what the README shows of it`, async () => {
    await using program = new Program(["simulate", ...args]);
    assertEquals(await program.status(), 0, program.stderr);
    const lines = program.stdout.split("\n");
    let from = 0;
    for (const line of shown) {
      const found = lines.indexOf(line, from);
      assert(found !== -1, `not shown, or not there: ${line}`);
      from = found + 1;
    }
  });
}
