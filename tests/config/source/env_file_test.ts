import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { readEnvFile } from "../../../lib/config/source/env_file.ts";
import { SETTING_NAMES } from "../../../lib/config/source/variables.ts";

for (
  const [what, text, texts] of [
    ["nothing", "", {}],
    ["lines, comments and blanks", "\n# PORT=1\nPORT=80 # all\n\n  HOST = a \n  #\n", {
      PORT: "80",
      HOST: "a",
    }],
    ["line ends of Windows", "PORT=80\r\nHOST=a\r\n", { PORT: "80", HOST: "a" }],
    ["a byte order mark", "\uFEFFPORT=80", { PORT: "80" }],
    ["a byte order mark before a comment", "\uFEFF# a\nPORT=80", { PORT: "80" }],
    ["export, for shells", "export PORT=80\n export HOST=a", { PORT: "80", HOST: "a" }],
    [
      "quotes, over several lines",
      "USERS_SERVICE='http://a;\nHTTP=http://b' # c\nHOST=\"a\"\nPORT=`80`",
      { USERS_SERVICE: "http://a;\nHTTP=http://b", HOST: "a", PORT: "80" },
    ],
    ["an empty value", "PORT=\nHOST=a", { PORT: "", HOST: "a" }],
    ["a quote that does not end", "HOST='a\nPORT=80", { HOST: "'a", PORT: "80" }],
    ["the last of two values", "PORT=80\nPORT=81", { PORT: "81" }],
  ] as const
) {
  Deno.test(`.env: it may have ${what}`, () => {
    assertEquals(readEnvFile(text), { texts, problems: [] });
  });
}

for (
  const [text, problem] of [
    [
      "EJECT_TIM=5s",
      "line 1 of .env sets EJECT_TIM, which is no setting, did you mean EJECT_TIME?",
    ],
    ["PORT=1\nPOLCY=p2c", "line 2 of .env sets POLCY, which is no setting, did you mean POLICY?"],
    ["port=1", "line 1 of .env sets port, which is no setting, did you mean PORT?"],
    ["export WORKER=2", "line 1 of .env sets WORKER, which is no setting, did you mean WORKERS?"],
    ["DATABASE_URL=a", "line 1 of .env sets DATABASE_URL, which is no setting"],
    ["# a\n'PORT'=1", "line 2 of .env must be NAME=value"],
    ["HOST=`a\n\nb`\nPORT 80", "line 4 of .env must be NAME=value"],
    ["export\tPORT=80", "line 1 of .env must be NAME=value"], // the parser passes over it
    ["PORT: 80", "line 1 of .env must be NAME=value"],
    ["\n=80", "line 2 of .env must be NAME=value"],
    ["hunter2==", "line 1 of .env sets a name, which is no setting"],
    ["hunter2", "line 1 of .env must be NAME=value"],
  ] as const
) {
  Deno.test(`.env: ${JSON.stringify(text)} is refused: ${problem}`, () => {
    assertEquals(readEnvFile(text).problems, [problem]);
  });
}

Deno.test(".env: every line that sets no setting is a problem", () => {
  assertEquals(readEnvFile("A_B=1\nPORT=80\nx\nC_D=2\n").problems, [
    "line 1 of .env sets A_B, which is no setting",
    "line 3 of .env must be NAME=value",
    "line 4 of .env sets C_D, which is no setting",
  ]);
});

Deno.test(".env: any text is read, and sets only settings", () => {
  const piece = fc.constantFrom(
    ..."PORT HOST POLCY = ' \" ` # export a \\ : é".split(" "),
    "\n",
    " ",
  );
  const text = fc.oneof(fc.string(), fc.array(piece).map((pieces) => pieces.join("")));
  fc.assert(
    fc.property(text, (text) => {
      const { texts } = readEnvFile(text);
      assertEquals(Object.keys(texts).filter((name) => !SETTING_NAMES.includes(name)), []);
    }),
    { seed: 20261126, numRuns: 1000 },
  );
});

Deno.test(".env: each line sets a setting or is a problem, whichever come together", () => {
  const name = fc.constantFrom("PORT", "HOST", "A_B", "a", "a b", "//x", "é", "", "export");
  const assignment = fc.tuple(name, fc.constantFrom("", "1", "'1'", '"1', "`a=b`", "x # c"))
    .map(([name, value]) => `${name}=${value}`);
  const line = fc.oneof(assignment, fc.constantFrom("# a", "  ", "x", "export HOST=1"));
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      // A quote that is not closed could be closed by one of a later line.
      const given = lines.map((line) => line.replace(/"/, lines.length === 1 ? '"' : ""));
      const wrong = given.filter((line) => !/^(?:(?:export )?(?:PORT|HOST)=|#|\s*$)/.test(line));
      assertEquals(readEnvFile(given.join("\n")).problems.length, wrong.length);
    }),
    { seed: 20261126, numRuns: 1000 },
  );
});
