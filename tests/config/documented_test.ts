import { assert, assertEquals } from "@std/assert";
import { DEFAULTS } from "../../lib/config/source/variable_defaults.ts";
import { VARIABLE_NAMES } from "../../lib/config/source/variables.ts";

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
  const rows = page.matchAll(/^\| `([A-Z0-9_]+)` +\| (?:`(.*?)`|required) +\|/gm);
  const shown = [...rows].map(([, name, text = ""]) => [name!, text] as const);
  assertEquals(shown.map(([name]) => name).sort(), [...VARIABLE_NAMES].sort());
  assertEquals(Object.fromEntries(shown), { ...DEFAULTS });
});

Deno.test("documented: --help says where the settings are listed", () => {
  assert(textOf("lib/cli/help.ts").includes("docs/configuration.md"));
});
