import { assertEquals, assertThrows } from "@std/assert";
import { ROOT } from "../processes.ts";
import { checkSections, listSections, writeSections } from "./page.ts";
import { SECTIONS } from "./page_sections.ts";

const PAGE = "# Title\n\n<!-- bench:peers cpu -->\n\n| old |\n\n<!-- end -->\n\nProse.\n\n" +
  "<!-- bench:peers memory -->\n<!-- end -->\n\nMore of it.\n";

Deno.test("writing a page replaces its sections and keeps its prose", () => {
  const written = writeSections(PAGE, { cpu: "| $1 new |\n", memory: "- a line" });
  assertEquals(
    written,
    "# Title\n\n<!-- bench:peers cpu -->\n\n| $1 new |\n\n<!-- end -->\n\nProse.\n\n" +
      "<!-- bench:peers memory -->\n\n- a line\n\n<!-- end -->\n\nMore of it.\n",
  );
  assertEquals(writeSections(written, { cpu: "| $1 new |", memory: "- a line" }), written);
});

for (
  const [what, names, message] of [
    [
      "lacks a section",
      ["cpu", "memory", "ratios"],
      "Cannot write the page as it has no section from <!-- bench:peers ratios --> to <!-- end -->",
    ],
    ["has one that nothing writes", ["cpu"], "nothing writes its section memory"],
  ] as const
) {
  Deno.test(`a page that ${what} is not written`, () => {
    assertThrows(() => checkSections(PAGE, names), Error, message);
  });
}

Deno.test("a section that does not end before the next one is none", () => {
  const page = PAGE.replace("<!-- end -->", "");
  assertEquals(listSections(page), ["memory"]);
});

Deno.test("a page with the same section twice is not written", () => {
  assertThrows(() => checkSections(PAGE + PAGE, ["cpu", "memory"]), Error, "section cpu");
});

Deno.test("docs/performance.md has the sections that the bench writes", () => {
  const page = Deno.readTextFileSync(`${ROOT}docs/performance.md`);
  assertEquals(listSections(page), [...SECTIONS]);
  checkSections(page, SECTIONS);
});
