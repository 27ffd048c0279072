import { assertEquals } from "@std/assert";
import { maskSecrets } from "../../../lib/config/source/mask.ts";

const HASH = "$2y$12$abcdefghijklmnopqrstuuRdQYbW1tVTG0vRkHL5XqFB8sXJyZK9C";

/** What is secret stands between « and »; the marks are left out of the text. */
function assertMasked(marked: string): void {
  const expected = marked.replace(/«([^»]*)»/g, (_, secret: string) => "*".repeat(secret.length));
  assertEquals(maskSecrets(marked.replace(/[«»]/g, "")), expected);
}

for (
  const marked of [
    '{ "secret": "«hunter2»", "cookie": "hunter2" }',
    '{ "admin": { "token": "«hunter2»", "readToken": "«hunter2»" } }',
    '{ "secret"  /* the secret */ : // is\n "«hunter2»" }',
    '{ "\\u0073ecret": "«hunter2»" }',
    '{ "secret": "«hun\\"ter2»" }',
    '{ "secret": «12345678» }',
    '{ "secret": «hunter2» }',
    "{ 'secret': «'hunter2'» }",
    "{ secret: «hunter2», cookie: lb }",
    '{ "secret" = "«hunter2»" }',
    '{ "secret" "«hunter2»" }',
    '{ "secret": "«hunter2»\n}',
    '{ "secret": ["«hunter2»", "«hunter3»"] }',
    '{ "secret": { "value": "«hunter2»" } }',
    '{ "secret": { "file": "secret.txt" } }',
    '{ "secret": "${STICKY_SECRET}" }',
    '{ "secret": "«${STICKY_SECRET:-hunter2}»" }',
    '{ "secret": "«a${STICKY_SECRET}»" }',
    '{ "eab": { "keyId": "k1", "key": "«hunter2»" } }',
    '{ "certificates": [{ "cert": "a.pem", "key": "a.key" }] }',
    '{ "basicAuth": { "realm": "staff", "users": { "ops": "«hunter2»", "dev": "«hunter3»" } } }',
    '{ "pools": { "users": { "policy": "p2c" } } }',
    `{ "anything": "«${HASH}»" }`,
    '{ "backends": ["http://«bob:hunter2»@a", { "url": "http://«bob:hun/ter2»@b/c" }, "«bob:hunter2»@c"] }',
    '{ "redirect": { "host": "http://«bob:hun@ter2»@a" } }',
    '{ "email": "ops@example.com" }',
    "secret: «hunter2»",
    "",
    "}}]] secret",
  ]
) {
  Deno.test(`mask: ${JSON.stringify(marked)} is masked where it is marked`, () => {
    assertMasked(marked);
  });
}
