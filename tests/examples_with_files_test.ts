/** The examples that have a configuration file: what their READMEs say is what happens, in both engines. */
import { assertEquals, assertMatch } from "@std/assert";
import { run } from "./support/started.ts";
import { tryExample } from "./support/terminal.ts";

const EXAMPLES = new URL("../docs/examples/", import.meta.url).pathname;

const WITH_FILES = ["api-gateway", "blue-green", "canary", "maintenance"];

for (const example of WITH_FILES) {
  Deno.test(`examples: the commands of ${example} print what its README says, with each engine`, async () => {
    // At once, as they wait most of the time: a backend that is stopped serves on for three seconds.
    await Promise.all(["web", "tcp"].map((ENGINE) => tryExample(example, { ENGINE })));
  });

  Deno.test(`examples: the file of ${example} passes its tests, and has some`, async () => {
    const args = ["check", "--config", `${EXAMPLES}${example}/roundabout.jsonc`];
    const { status, stdout } = await run(args);
    assertEquals(status, 0);
    assertMatch(stdout, /, [1-9]\d* tests passed\n$/);
  });
}

Deno.test("examples: each folder with a configuration file is tried", () => {
  const namesIn = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name);
  const folders = [...Deno.readDirSync(EXAMPLES)].filter(({ isDirectory }) => isDirectory);
  const found = folders.map(({ name }) => name)
    .filter((name) => namesIn(EXAMPLES + name).includes("roundabout.jsonc"));
  // That of systemd-tls needs a certificate, and ports that others may have: tests/examples_test.ts.
  assertEquals(found.filter((name) => name !== "systemd-tls").sort(), WITH_FILES);
});
