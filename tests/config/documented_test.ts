import { assert, assertEquals } from "@std/assert";
import { DEFAULTS, SETTING_NAMES } from "../../lib/config/schema.ts";

const ROOT = new URL("../../", import.meta.url);
const textOf = (path: string) => Deno.readTextFileSync(new URL(path, ROOT));

Deno.test("documented: .env.example has every setting with its default, and no other", () => {
  const lines = textOf(".env.example").split("\n");
  const found = lines.flatMap((line) => /^#?([A-Z0-9_]+)=(.*)$/.exec(line)?.slice(1, 3) ?? []);
  const settings = Object.fromEntries(
    found.flatMap((name, index) => index % 2 === 0 ? [[name, found[index + 1]]] : []),
  );
  assertEquals(Object.keys(settings).sort(), [...SETTING_NAMES].sort());
  for (const name of SETTING_NAMES) {
    if (name !== "USERS_SERVICE") assertEquals(settings[name], DEFAULTS[name], name);
  }
});

Deno.test("documented: the README's tables have every setting", () => {
  const readme = textOf("README.md");
  for (const name of SETTING_NAMES) {
    assert(new RegExp(`^\\| [^|]*\`${name}\``, "m").test(readme), name);
  }
});
