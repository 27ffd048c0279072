/** How changes are said: how many, how long, and what of secrets. */
import { assertEquals } from "@std/assert";
import { changesBetween } from "../support/configuration_file.ts";
import { SECRETS } from "../support/example_configuration.ts";

const USERS = '"users": { "backends": ["http://users-1:5000"] }';

Deno.test("changes: of very many the first twenty lines are shown, and how many more changes there are", async () => {
  const file = (weight: number) => {
    const pools = Array.from({ length: 40 }, (_, index) => [`p${index}`, {
      backends: [{ url: "http://a", weight }, { url: "http://b", weight }],
    }]);
    const routes = [{ split: Object.fromEntries(pools.map(([name]) => [name, 1])) }];
    return JSON.stringify({ pools: Object.fromEntries(pools), routes });
  };
  const lines = await changesBetween(file(1), file(2));
  assertEquals(lines.length, 21);
  assertEquals(lines[0], "pool p0: http://a: weight 1 -> 2, http://b: weight 1 -> 2");
  assertEquals(lines.at(-1), "and 40 more changes");
});

Deno.test("changes: a text that is long or hard to read is cut and put in quotes", async () => {
  const realm = (realm: string) =>
    `{ "pools": { ${USERS} }, "routes": [{ "name": "a", "pool": "users", "basicAuth": { "realm": ${
      JSON.stringify(realm)
    }, "users": { "ops": "${SECRETS[2]}" } } }] }`;
  const [line] = await changesBetween(realm("staff only"), realm(`a\n${"b".repeat(500)}`));
  assertEquals(line, `route a: basicAuth.realm "staff only" -> "a\\n${"b".repeat(98)}…"`);
});

/** Each setting whose value must never be shown, with a value. */
const HIDDEN = (secret: string) =>
  `{
  "errorPages": { "503": "${secret}" },
  "pools": { "users": { "backends": ["http://a"], "sticky": { "cookie": "lb", "secret": "${secret}" } } },
  "routes": [
    { "name": "closed", "match": { "path": "/closed" }, "respond": { "status": 503, "headers": { "X-A": "${secret}" }, "body": "${secret}" } },
    { "name": "api", "pool": "users",
      "match": { "headers": { "X-Key": "${secret}", "X-Like": { "matches": "${secret}" } }, "query": { "key": "${secret}" } },
      "requestHeaders": { "set": { "Authorization": "${secret}" }, "add": { "X-B": "${secret}" } },
      "responseHeaders": { "set": { "X-C": "${secret}" } },
      "errorPages": { "502": "${secret}" } }
  ]
}`;

Deno.test("changes: secrets, values of headers and texts of pages are only said to have changed", async () => {
  const [one, other] = ["the first secret of all", "the second secret of all"];
  const lines = await changesBetween(HIDDEN(one!), HIDDEN(other!));
  assertEquals(lines, [
    "pool users: sticky.secret: changed",
    "route closed: respond.headers.X-A: changed, respond.body: changed",
    "route api: match.headers.X-Key: changed, match.headers.X-Like: changed, match.query.key: changed, " +
    "requestHeaders.set.Authorization: changed, requestHeaders.add.X-B: changed, " +
    "responseHeaders.set.X-C: changed, errorPages.502: changed",
    "errorPages.503: changed",
  ]);
});
