import { assert, assertEquals } from "@std/assert";
import { describeProblem, failureOf, readProblem } from "../../lib/acme/problem.ts";
import { checkedUrl } from "../../lib/acme/resources.ts";
import { isToken } from "../../lib/acme/store/challenges.ts";

const PREFIX = "urn:ietf:params:acme:error:";

const said = (problem: object) => describeProblem(readProblem(JSON.stringify(problem))!);

Deno.test("acme problem: it is told in one line, with its parts", () => {
  assertEquals(said({ type: `${PREFIX}caa`, detail: "no CAA" }), "no CAA (caa)");
  assertEquals(said({ type: "about:blank", detail: "no" }), "no");
  assertEquals(said({ type: "https://ca.test/odd" }), "https://ca.test/odd");
  assertEquals(
    said({
      type: `${PREFIX}compound`,
      detail: "several",
      subproblems: [
        { type: `${PREFIX}dns`, detail: "no A", identifier: { type: "dns", value: "a.test" } },
        { type: `${PREFIX}tls` },
        {},
      ],
    }),
    "several (compound); a.test: no A (dns); tls; no reason given",
  );
  assertEquals(
    said({
      type: `${PREFIX}userActionRequired`,
      detail: "agree",
      instance: "https://ca.test/terms",
    }),
    "agree (userActionRequired); see https://ca.test/terms",
  );
});

Deno.test("acme problem: what an authority sends cannot forge lines of a log, nor fill it", () => {
  assertEquals(said({ detail: "a\r\n2026 error \u2028\u001b[31mb\u0085" }), "a 2026 error [31mb");
  const long = said({
    detail: "x".repeat(10_000),
    subproblems: Array.from({ length: 100 }, () => ({ detail: "y".repeat(10_000) })),
  });
  assert(long.length < 2_600, `${long.length}`);
  assert(long.endsWith("; and 95 more"));
});

Deno.test("acme problem: what is no problem document is none", () => {
  for (const text of ["", "<html>", "null", "[]", "{}", '"x"', '{"detail":1}', '{"type":null}']) {
    assertEquals(readProblem(text), undefined, text);
  }
});

Deno.test("acme problem: what an error means for the order", () => {
  const kind = (status: number, type?: string) => {
    const text = type === undefined ? "<html>" : JSON.stringify({ type: PREFIX + type });
    return failureOf("do it", { status, text }, 5_000);
  };
  const table: readonly [number, string | undefined, string][] = [
    [429, undefined, "limited"],
    [429, "rateLimited", "limited"],
    [403, "rateLimited", "limited"],
    [503, "rateLimited", "limited"],
    [400, "accountDoesNotExist", "account unknown"],
    [400, "malformed", "refused"],
    [403, "unauthorized", "refused"],
    [404, undefined, "refused"],
    [403, undefined, "outage"],
    [500, "serverInternal", "outage"],
    [502, undefined, "outage"],
  ];
  for (const [status, type, expected] of table) {
    assertEquals(kind(status, type).kind, expected, `${status} ${type}`);
  }
  assertEquals(kind(429).retryAfterMs, 5_000);
  assertEquals(kind(503).message, "the authority did not do it: it answered with status 503");
});

Deno.test("acme: a directory on https leads to https only", () => {
  const url = (text: string, base: string): string => {
    try {
      return checkedUrl(text, base);
    } catch (error) {
      return (error as Error).message;
    }
  };
  const base = "https://ca.test/directory";
  assertEquals(url("https://other.test/order/1", base), "https://other.test/order/1");
  assertEquals(url("/order/1", base), "https://ca.test/order/1");
  for (const text of ["http://ca.test/order", "ftp://ca.test/", "file:///etc/passwd", "https://"]) {
    assertEquals(
      url(text, base),
      `the authority names a URL that is not used, as it is not https: ${JSON.stringify(text)}`,
    );
  }
  assertEquals(url("http://127.0.0.1/x", "http://127.0.0.1/d"), "http://127.0.0.1/x");
});

Deno.test("acme: a token is a name, and nothing else", () => {
  assert(isToken("evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA"));
  for (
    const text of ["", "short", "../../../../etc/passwd", "a".repeat(201), "a/aaaaaaaaaaaaaaaa"]
  ) {
    assertEquals(isToken(text), false, text);
  }
});
