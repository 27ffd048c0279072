import { assertEquals } from "@std/assert";
import { type Identity, TokenCheck } from "../../lib/admin/tokens.ts";

const TOKENS = { token: "0123456789abcdef-all", readToken: "0123456789abcdef-read" };
const NONE = { token: undefined, readToken: undefined };
const OPERATOR: Identity = { kind: "known", role: "operator" };
const READER: Identity = { kind: "known", role: "reader" };

const bearer = (token: string) => `Bearer ${token}`;

/** Five wrong ones: as many as may come at once. */
function guess(check: TokenCheck, address: string, now: number): Identity["kind"][] {
  return Array.from({ length: 5 }, () => check.identify(bearer("wrong"), address, now).kind);
}

for (
  const [given, expected] of [
    [undefined, { kind: "missing" }],
    ["", { kind: "missing" }],
    ["Basic abc", { kind: "missing" }],
    [bearer("a b"), { kind: "missing" }],
    [bearer(TOKENS.token), OPERATOR],
    [`BEARER   ${TOKENS.token}`, OPERATOR],
    [bearer(TOKENS.readToken), READER],
    [bearer(TOKENS.token.toUpperCase()), { kind: "wrong" }],
    [bearer(TOKENS.token + TOKENS.token), { kind: "wrong" }],
    [bearer("0"), { kind: "wrong" }],
  ] as const
) {
  Deno.test(`tokens: ${given} is ${JSON.stringify(expected)}`, () => {
    assertEquals(new TokenCheck(() => TOKENS, true).identify(given, "a", 0), expected);
  });
}

Deno.test("tokens: without any, whoever is on this machine may do everything, and nobody else anything", () => {
  assertEquals(new TokenCheck(() => NONE, true).identify(undefined, "::1", 0), OPERATOR);
  for (const given of [undefined, bearer(""), bearer("undefined"), bearer(TOKENS.token)]) {
    assertEquals(new TokenCheck(() => NONE, false).identify(given, "a", 0), { kind: "closed" });
  }
});

Deno.test("tokens: if both are the same, it only reads", () => {
  const same = { token: TOKENS.token, readToken: TOKENS.token };
  assertEquals(new TokenCheck(() => same, true).identify(bearer(TOKENS.token), "a", 0), READER);
});

Deno.test("tokens: five wrong ones come at once, then five a second, whoever sends them", () => {
  const check = new TokenCheck(() => TOKENS, true);
  assertEquals(guess(check, "a", 1000), Array(5).fill("wrong"));
  assertEquals(check.identify(bearer("wrong"), "b", 1000), { kind: "limited", waitMs: 200 });
  // A right one cannot be told from a wrong one meanwhile: guesses would go on.
  assertEquals(check.identify(bearer(TOKENS.token), "b", 1000), { kind: "limited", waitMs: 200 });
  assertEquals(check.identify(undefined, "b", 1000), { kind: "missing" });
  assertEquals(check.identify(bearer(TOKENS.token), "b", 1200), OPERATOR);
  assertEquals(check.identify(bearer("wrong"), "c", 1200), { kind: "wrong" });
  assertEquals(check.identify(bearer("wrong"), "c", 1200).kind, "limited");
});

Deno.test("tokens: right ones are not limited", () => {
  const check = new TokenCheck(() => TOKENS, true);
  for (let i = 0; i < 100; i++) {
    assertEquals(check.identify(bearer(TOKENS.readToken), `client ${i}`, 0), READER);
  }
});

Deno.test("tokens: guesses do not lock out an address that had a right one, until it guesses itself", () => {
  const check = new TokenCheck(() => TOKENS, true);
  check.identify(bearer(TOKENS.token), "operator", 0);
  guess(check, "stranger", 0);
  assertEquals(check.identify(bearer(TOKENS.token), "stranger", 0).kind, "limited");
  assertEquals(check.identify(bearer(TOKENS.token), "operator", 0), OPERATOR);
  assertEquals(check.identify(bearer("wrong"), "operator", 0).kind, "wrong");
  assertEquals(check.identify(bearer(TOKENS.token), "operator", 0).kind, "limited");
});

Deno.test("tokens: no more than a thousand addresses are remembered, the last ones", () => {
  const check = new TokenCheck(() => TOKENS, true);
  for (let i = 0; i <= 1000; i++) check.identify(bearer(TOKENS.token), `client ${i}`, 0);
  guess(check, "stranger", 0);
  assertEquals(check.identify(bearer(TOKENS.token), "client 0", 0).kind, "limited");
  assertEquals(check.identify(bearer(TOKENS.token), "client 1000", 0), OPERATOR);
});
