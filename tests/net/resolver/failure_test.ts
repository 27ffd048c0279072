import { assert, assertEquals } from "@std/assert";
import {
  describeFailure,
  type Failure,
  failureOfRcode,
  isNegative,
} from "../../../lib/net/resolver/failure.ts";

const SERVER = "10.0.0.2:53";

/** Each kind, in words. */
const WORDS: readonly (readonly [kind: Failure["kind"], detail: string, words: string])[] = [
  ["nxdomain", "", "no such name (NXDOMAIN)"],
  ["no_data", "addresses", "no addresses (no data)"],
  ["no_data", "SRV records", "no SRV records (no data)"],
  ["servfail", "", "the server failed (SERVFAIL)"],
  ["refused", "", "the server refused to answer (REFUSED)"],
  ["other_rcode", "NOTIMP", "the server answered NOTIMP"],
  ["silence", "4 s", "no answer within 4 s"],
  ["garbage", "", "what it sent is no valid answer"],
  ["not_asked", "network is unreachable", "it cannot be asked: network is unreachable"],
];

for (const [kind, detail, words] of WORDS) {
  Deno.test(`DNS failure: ${kind} is "${words}"`, () => {
    const failure = { kind, detail, servers: [SERVER] };
    assertEquals(describeFailure(failure), `DNS server ${SERVER}: ${words}`);
  });
}

Deno.test("DNS failure: docs/discovery.md has the words of each", () => {
  const page = Deno.readTextFileSync(new URL("../../../docs/discovery.md", import.meta.url));
  for (const [, detail, words] of WORDS) {
    const shown = words.replace("network is unreachable", "…");
    assert(page.includes(`| \`${shown}\` `), `${words} (${detail})`);
  }
});

Deno.test("DNS failure: several servers are named, and what was asked for", () => {
  const failure: Failure = { kind: "silence", detail: "4 s", servers: [SERVER, "[::1]:53"] };
  assertEquals(
    describeFailure({ ...failure, subject: "users-1.example" }),
    "DNS servers 10.0.0.2:53, [::1]:53: users-1.example: no answer within 4 s",
  );
});

Deno.test("DNS failure: only what a server says of a name is negative", () => {
  const kinds = WORDS.map(([kind]) => kind).filter((kind) => isNegative({ kind }));
  assertEquals([...new Set(kinds)], ["nxdomain", "no_data"]);
});

Deno.test("DNS failure: a code without a word of its own is shown", () => {
  assertEquals(failureOfRcode("YXDOMAIN"), { kind: "other_rcode", detail: "YXDOMAIN" });
});
