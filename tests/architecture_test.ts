import { assertEquals, assertThrows } from "@std/assert";
import { circlesIn, IMPORTS, type Imports, importsOf } from "./support/architecture.ts";
import { layerOf } from "./support/layers.ts";

function upwardImports(imports: Imports): string[] {
  return [...imports].flatMap(([path, targets]) => {
    const from = layerOf(path);
    return targets.filter((target) => /^(?:lib\/|main\.ts)/.test(target)).filter((target) => {
      const to = layerOf(target);
      return to.name !== from.name && to.rank >= from.rank;
    }).map((target) => `${path} → ${target}`);
  });
}

Deno.test("architecture: imports go down the layers only, types included", () => {
  assertEquals(upwardImports(IMPORTS), []);
});

Deno.test("architecture: no files import each other in a circle, types included", () => {
  assertEquals(circlesIn(IMPORTS), []);
});

Deno.test("architecture: an import that goes up is found, whatever its kind", () => {
  for (
    const line of [
      'import { Pool } from "../pool/pool.ts";',
      'import type { Pool } from "../pool/pool.ts";',
      'import {\n  type Pool,\n} from "../pool/pool.ts";',
      'export * from "../pool/pool.ts";',
      'export type { Pool } from "../pool/pool.ts";',
      'import "../pool/pool.ts";',
      'const { Pool } = await import("../pool/pool.ts");',
      'type P = import("../pool/pool.ts").Pool;',
    ]
  ) {
    const path = "lib/backends/backend.ts";
    const imports = new Map([[path, importsOf(path, line)]]);
    assertEquals(upwardImports(imports), [`${path} → lib/pool/pool.ts`], line);
  }
});

Deno.test("architecture: an import between two folders of one layer is found", () => {
  const path = "lib/http/a.ts";
  const imports = new Map([[path, importsOf(path, 'import "../net/b.ts";')]]);
  assertEquals(upwardImports(imports), [`${path} → lib/net/b.ts`]);
});

Deno.test("architecture: a new folder needs a layer, a new file in a folder does not", () => {
  assertThrows(() => layerOf("lib/caching/cache.ts"), Error, "lies in no layer");
  assertEquals(layerOf("lib/pool/another.ts"), layerOf("lib/pool/pool.ts"));
});

Deno.test("architecture: imports in comments and strings are none", () => {
  const text = '// import "./a.ts";\n/* from "./b.ts" */\nconst x = \'import\' + "./c.ts";';
  assertEquals(importsOf("lib/x.ts", text), []);
});

Deno.test("architecture: a circle is found, of any length", () => {
  const imports = new Map([
    ["a", ["b"]],
    ["b", ["c", "d"]],
    ["c", ["a"]],
    ["d", ["d"]],
  ]);
  assertEquals(circlesIn(imports), ["a → b → c → a", "d → d"]);
});
