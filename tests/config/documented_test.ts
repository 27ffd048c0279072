import { assert, assertEquals } from "@std/assert";
import { DEFAULTS } from "../../lib/config/source/variable_defaults.ts";
import { assemble } from "../../lib/config/assemble.ts";
import { readJsonc } from "../../lib/config/source/jsonc.ts";
import { VARIABLE_NAMES, VARIABLES } from "../../lib/config/source/variables.ts";
import { type Fence, fencesOf } from "../support/fences.ts";
import { run } from "../support/started.ts";

const ROOT = new URL("../../", import.meta.url);
const textOf = (path: string) => Deno.readTextFileSync(new URL(path, ROOT));

Deno.test("documented: .env.example has every setting with its default, and no other", () => {
  const lines = textOf(".env.example").split("\n");
  const found = lines.flatMap((line) => /^#?([A-Z0-9_]+)=(.*)$/.exec(line)?.slice(1, 3) ?? []);
  const settings = Object.fromEntries(
    found.flatMap((name, index) => index % 2 === 0 ? [[name, found[index + 1]]] : []),
  );
  assertEquals(Object.keys(settings).sort(), [...VARIABLE_NAMES].sort());
  for (const name of VARIABLE_NAMES) {
    if (name !== "USERS_SERVICE") assertEquals(settings[name], DEFAULTS[name], name);
  }
});

Deno.test("documented: the tables of docs/configuration.md have every setting with its default, and no other", () => {
  const page = textOf("docs/configuration.md");
  const rows = page.matchAll(/^\| `([A-Z0-9_]+)` +\| (?:`(.*?)`|required|none) +\|/gm);
  const shown = [...rows].map(([, name, text = ""]) => [name!, text] as const);
  assertEquals(shown.map(([name]) => name).sort(), [...VARIABLE_NAMES].sort());
  assertEquals(Object.fromEntries(shown), { ...DEFAULTS });
});

Deno.test("documented: each variable stands beside the setting of the file that it sets", () => {
  const rows = textOf("docs/configuration.md").matchAll(
    /^\| `([A-Z0-9_]+)` .* \| `([\w.]+)` +\|$/gm,
  );
  const shown = Object.fromEntries([...rows].map(([, name, path]) => [name, path]));
  assertEquals(
    shown,
    Object.fromEntries(VARIABLE_NAMES.map((name) => [name, VARIABLES[name].path.join(".")])),
  );
});

for (
  const page of [
    "README.md",
    "docs/admin.md",
    "docs/configuration.md",
    "docs/discovery.md",
    "docs/routing.md",
    "docs/tls.md",
  ]
) {
  const fences = fencesOf(textOf(page));
  const files = fences.filter(({ language }) => language === "jsonc");

  Deno.test(`documented: the configuration files in ${page} are complete and right, but for those shown with their errors`, () => {
    assert(files.length > 0);
    for (const { text } of files.filter((file) => !isRefused(fences, file))) {
      const file = readJsonc(text);
      const { problems } = assemble({ variables: {}, environment: {}, file }, []);
      assertEquals(problems, [], text);
    }
  });
}

/** Runs check with a file that is wrong. @returns what it prints */
async function refusalOf(text: string): Promise<string> {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/roundabout.jsonc`, text);
  const args = ["check", "--config", "roundabout.jsonc"];
  const { status, stdout, stderr } = await run(args, { cwd: folder });
  await Deno.remove(folder, { recursive: true });
  assertEquals([status, stdout], [2, ""]);
  return stderr;
}

Deno.test("documented: check prints what docs/configuration.md says of a file that is wrong", async () => {
  const fences = fencesOf(textOf("docs/configuration.md"));
  const wrong = fences.filter((fence) => isRefused(fences, fence));
  assertEquals(wrong.length, 1);
  assertEquals(await refusalOf(wrong[0]!.text), fences[fences.indexOf(wrong[0]!) + 1]!.text);
});

Deno.test("documented: check prints what README.md says of a typo in its file", async () => {
  const [file, output] = fencesOf(textOf("README.md")).filter(({ language, text }) =>
    language === "jsonc" || text.startsWith("Cannot start as")
  );
  const text = file!.text.replace("pathPrefix", "pathPrefx");
  assertEquals(await refusalOf(text), output!.text);
});

/** Whether a page shows what is wrong with a file behind it. */
function isRefused(fences: readonly Fence[], fence: Fence): boolean {
  const next = fences[fences.indexOf(fence) + 1];
  return fence.language === "jsonc" && next?.text.startsWith("Cannot start as") === true;
}

Deno.test("documented: --help says where the settings are listed", () => {
  assert(textOf("lib/cli/help.ts").includes("docs/configuration.md"));
});
