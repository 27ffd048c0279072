/** docs/routing.md: what it says of requests is what comes of them. */
import { parseRequestText } from "../../lib/config/values/request_text.ts";
import { assert, assertEquals } from "@std/assert";
import { assemble } from "../../lib/config/assemble.ts";
import { readJsonc } from "../../lib/config/source/jsonc.ts";
import { loadConditionTools } from "../../lib/routing/tools.ts";
import { tryRequest } from "../../lib/routing/try_request.ts";
import { type Fence, fencesOf } from "../support/fences.ts";
import { run } from "../support/started.ts";

const page = await Deno.readTextFile(new URL("../../docs/routing.md", import.meta.url));
const fences = fencesOf(page);
const { text } = fences.find(({ language }) => language === "jsonc")!;
const { configuration } = assemble(
  { variables: {}, environment: {}, file: readJsonc(text) },
  [],
);
const { routes } = configuration!;
const tools = await loadConditionTools(routes.map(({ match }) => match));

Deno.test("documented: the requests in docs/routing.md take the routes that it says", () => {
  const rows = [
    ...page.matchAll(/^\| (`GET (\S+)`|the same with `(\S+): (\S+)`) +\| `?(\w+)`? +\|/gm),
  ];
  assert(rows.length >= 6, `${rows.length} rows`);
  let url = "";
  for (const [, , given = url, name = "x-none", value = "", expected] of rows) {
    url = given;
    const answer = tryRequest(routes, {
      ...parseRequestText(`GET ${url}`)!,
      client: "192.0.2.1",
      listener: "http",
      headers: { [name]: value },
    }, tools);
    assertEquals(answer.route ?? String(answer.status), expected, url);
  }
});

Deno.test("documented: check --request prints what docs/routing.md says", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/roundabout.jsonc`, text);
  const ask = async (request: string) => {
    const args = ["check", "--config", "roundabout.jsonc", "--request", request];
    return (await run(args, { cwd: folder })).stdout;
  };
  const shown = (after: string): Fence =>
    fences[fences.findIndex(({ text }) => text.includes(after)) + 1]!;
  const [, request] = /--request '(.*)'/.exec(page)!;
  assertEquals(await ask(request!), shown("--request '").text);
  const ambiguous = await ask("GET http://api.example.com/users%2f7");
  const note = fences.find(({ text }) => text.startsWith("lenient servers"))!.text;
  assert(ambiguous.includes(note), ambiguous);
  assert(ambiguous.endsWith("status: 400\n"));
  await Deno.remove(folder, { recursive: true });
});

Deno.test("documented: spellings of /admin in docs/security.md take its route or are answered 400", async () => {
  const security = await Deno.readTextFile(new URL("../../docs/security.md", import.meta.url));
  const spellings = fencesOf(security).find(({ text }) => text.includes("//admin"))!.text.split(
    /\s+/,
  );
  const file = readJsonc(`{
    "pools": { "all": { "backends": ["http://a:80"] } },
    "routes": [
      { "name": "admin", "match": { "pathPrefix": "/admin" }, "respond": { "status": 403 } },
      { "pool": "all" }
    ]
  }`);
  const { configuration } = assemble({ variables: {}, environment: {}, file }, []);
  const found = spellings.filter((path) => path !== "").map((path) =>
    tryRequest(configuration!.routes, {
      ...parseRequestText(`GET http://x${path}`)!,
      client: "192.0.2.1",
      listener: "http",
      headers: {},
    }, tools).status
  );
  assertEquals(found, [403, 400, 400, 400, 400, 400, 400]);
});
