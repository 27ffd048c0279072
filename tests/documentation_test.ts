/** What the pages promise their readers: short first page, links that lead somewhere, files that exist. */
import { assert, assertEquals } from "@std/assert";

const ROOT = new URL("../", import.meta.url);
const MAX_README_BYTES = 8 * 1024;

const textOf = (path: string) => Deno.readTextFileSync(new URL(path, ROOT));

function exists(path: string): boolean {
  try {
    Deno.statSync(new URL(path, ROOT));
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return false;
    }
    throw error;
  }
}

/** Every file under a folder whose name ends so, as a path from the repository's root. */
function filesIn(folder: string, end: string): string[] {
  return [...Deno.readDirSync(new URL(`${folder}/`, ROOT))].flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory ? filesIn(path, end) : path.endsWith(end) ? [path] : [];
  }).sort();
}

const PAGES = ["README.md", ...filesIn("docs", ".md")];

/** Prose and tables, without blocks of code. */
function proseOf(text: string): string {
  return text.replace(/^```.*?^```$/gms, "");
}

/** Where a page's links lead, as they are written; links to other sites left out. */
function linksOf(text: string): string[] {
  const links = [...proseOf(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!);
  return links.filter((link) => !/^[a-z]+:/.test(link));
}

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(text: string): string[] {
  return [...proseOf(text).matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!.toLowerCase().replace(/[^\p{L}\p{N}_\- ]/gu, "").replaceAll(" ", "-")
  );
}

/** What is wrong with a link on a page; undefined if it leads somewhere. */
function problemOf(page: string, link: string): string | undefined {
  const [path = "", anchor] = link.split("#");
  const target = path === ""
    ? page
    : new URL(path, new URL(page, ROOT)).href.slice(ROOT.href.length);
  if (!exists(target)) return `${link}: there is no ${target}`;
  if (anchor === undefined || !target.endsWith(".md")) return undefined;
  return anchorsOf(textOf(target)).includes(anchor) ? undefined : `${link}: no such heading`;
}

/** Files and folders of lib and tests that a text names. */
function pathsIn(text: string): string[] {
  return [...text.matchAll(/(?<![\w/.-])(?:lib|tests)\/[\w./-]*[\w/]/g)].map(([path]) => path);
}

Deno.test("documentation: the README has at most 8 KiB", () => {
  const { size } = Deno.statSync(new URL("README.md", ROOT));
  assert(size <= MAX_README_BYTES, `${size} bytes`);
});

Deno.test("documentation: the README leads to every page", () => {
  const links = linksOf(textOf("README.md"));
  const pages = PAGES.filter((page) => /^docs\/[^/]+\.md$/.test(page));
  assertEquals(pages.filter((page) => !links.includes(page)), []);
});

for (const page of PAGES) {
  Deno.test(`documentation: every link of ${page} leads to a file and a heading that exist`, () => {
    const problems = linksOf(textOf(page)).map((link) => problemOf(page, link));
    assertEquals(problems.filter((problem) => problem !== undefined), []);
  });

  Deno.test(`documentation: every path of lib and tests that ${page} names exists`, () => {
    assertEquals(pathsIn(textOf(page)).filter((path) => !exists(path)), []);
  });
}

Deno.test("documentation: every message in docs/logs.md is one that the program writes", () => {
  const sources = filesIn("lib", ".ts").map(textOf).join("\n");
  const rows = [...textOf("docs/logs.md").matchAll(/^\| `([^`]+)` +\|/gm)].map(([, text]) => text!);
  const parts = rows.flatMap((text) => text.split(/…|: /)).filter((part) => /\w/.test(part));
  assert(parts.length > 30, `${parts.length} parts`);
  assertEquals(parts.filter((part) => !sources.includes(part)), []);
});

Deno.test("documentation: the checks find links, headings and paths that are wrong", () => {
  assertEquals(linksOf("[a](b.md) [c](https://d) [e](#f)\n```\n[g](h)\n```\n"), ["b.md", "#f"]);
  assertEquals(anchorsOf("## What `ENGINE=web` can't do\n### 2. Stop!\n"), [
    "what-engineweb-cant-do",
    "2-stop",
  ]);
  assertEquals(problemOf("docs/logs.md", "../README.md#try-it"), undefined);
  assert(problemOf("docs/logs.md", "no_such_page.md") !== undefined);
  assert(problemOf("docs/logs.md", "#no-such-heading") !== undefined);
  assertEquals(pathsIn("`lib/proxy.ts`, see tests/engines/."), ["lib/proxy.ts", "tests/engines/"]);
});
