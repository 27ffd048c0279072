import { assertEquals, assertStringIncludes } from "@std/assert";
import { configurationOf, problemsOfText } from "../../support/configuration_file.ts";

const ENVIRONMENT = { HOST_NAME: "users-1", PORT_NUMBER: "8080", EMPTY: "", YES: "true" };

/** The value of `instance` after replacing. */
const instanceOf = async (text: string) =>
  (await configurationOf(
    `{ "instance": ${JSON.stringify(text)}, "pools": { "users": { "backends": ["http://a"] } } }`,
    {},
    ENVIRONMENT,
  )).instance;

for (
  const [text, expected] of [
    ["${HOST_NAME}", "users-1"],
    ["a-${HOST_NAME}.b", "a-users-1.b"],
    ["${HOST_NAME}${HOST_NAME}", "users-1users-1"],
    ["${NOPE:-other}", "other"],
    ["${EMPTY:-other}", "other"],
    ["${HOST_NAME:-other}", "users-1"],
    ["${NOPE:-a:-b}".replace(":-b", "-b"), "a-b"],
    ["$HOST_NAME", "$HOST_NAME"],
    ["$", "$"],
    ["a$$b", "a$$b"],
  ] as const
) {
  Deno.test(`references: ${text} is read as ${expected}`, async () => {
    assertEquals(await instanceOf(text), expected);
  });
}

Deno.test("references: $${ stands for ${, and what follows is not replaced", async () => {
  const file = `{ "errorPages": { "503": "$\${HOST_NAME} \${HOST_NAME} $\${}" },
    "pools": { "users": { "backends": ["http://a"] } } }`;
  const { errorPages } = await configurationOf(file, {}, ENVIRONMENT);
  assertEquals(errorPages["503"], { text: "${HOST_NAME} users-1 ${}" });
});

Deno.test("references: they stand in any text, and in place of a number, true or false", async () => {
  const file = `{
    "listeners": { "http": { "port": "\${PORT_NUMBER}", "host": "\${NOPE:-::1}" } },
    "workers": "\${NOPE:-auto}",
    "defaults": { "ejection": { "on5xx": "\${YES}" } },
    "pools": { "users": { "backends": ["http://\${HOST_NAME}:\${PORT_NUMBER}", { "url": "http://b", "weight": "\${NOPE:-3}" }] } }
  }`;
  const { listeners, workers, pools } = await configurationOf(file, {}, ENVIRONMENT);
  assertEquals([listeners["http"]!.port, listeners["http"]!.host, workers], [8080, "::1", "auto"]);
  assertEquals(pools["users"]!.ejection.on5xx, true);
  assertEquals(pools["users"]!.backends, [
    { url: "http://users-1:8080", weight: 1, backup: false },
    { url: "http://b", weight: 3, backup: false },
  ]);
});

Deno.test("references: what they lead to is never replaced again", async () => {
  const file =
    `{ "errorPages": { "503": "\${A}" }, "pools": { "users": { "backends": ["http://a"] } } }`;
  const { errorPages } = await configurationOf(file, {}, { A: "${B}", B: "b" });
  assertEquals(errorPages["503"], { text: "${B}" });
});

Deno.test("references: names that every object has are not set", async () => {
  for (const name of ["constructor", "toString", "__proto__"]) {
    const file =
      `{ "instance": "\${${name}}", "pools": { "users": { "backends": ["http://a"] } } }`;
    const { errors } = await problemsOfText(file, {}, {});
    assertStringIncludes(errors, `refers to ${name}, which is not set in the environment`);
  }
});

Deno.test("references: a text has one problem, however many of them lead nowhere", async () => {
  const file = `{ "instance": "\${A}\${B}", "pools": { "users": { "backends": ["http://a"] } } }`;
  const { problems } = await problemsOfText(file, {}, {});
  assertEquals(problems.map(({ message }) => message), [
    "refers to A, which is not set in the environment",
  ]);
});
