import { assert, assertEquals } from "@std/assert";
import { Program } from "../support/program.ts";

const PAGE = Deno.readTextFileSync(new URL("../../docs/simulate.md", import.meta.url));

/** Commands of docs/simulate.md, each with the output that is shown after it. */
function examples(): { args: string[]; shown: string[] }[] {
  const blocks = [...PAGE.matchAll(/^```(sh)?\n(.*?)^```$/gms)];
  return blocks.flatMap(([, language, text = ""], index) => {
    if (language !== "sh" || !text.includes("task simulate")) return [];
    const [, rest = ""] = /task simulate (.*)/s.exec(text.replaceAll("\\\n", " ")) ?? [];
    const args = [...rest.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, word]) => quoted ?? word!);
    return [{ args, shown: blocks[index + 1]![2]!.trimEnd().split("\n") }];
  });
}

Deno.test("documented: docs/simulate.md shows four simulations", () => {
  assertEquals(examples().length, 4);
});

for (const { args, shown } of examples()) {
  Deno.test(`documented: simulate ${args.join(" ")} prints what docs/simulate.md shows`, async () => {
    await using program = new Program(["simulate", ...args]);
    assertEquals(await program.status(), 0, program.stderr);
    const lines = program.stdout.split("\n");
    let from = 0;
    for (const line of shown) {
      const found = lines.indexOf(line, from);
      assert(found !== -1, `docs/simulate.md shows a line that is not printed: ${line}`);
      from = found + 1;
    }
  });
}
