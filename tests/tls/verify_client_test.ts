import { assertEquals } from "@std/assert";
import { profileOf } from "../../lib/tls/certificate_profile.ts";
import { boolean, objectIdentifier, sequence, tagged } from "../../lib/tls/der.ts";
import { issue, type Issued, type IssueOptions } from "../../lib/tls/issue.ts";
import { verifyClient } from "../../lib/tls/verify_client.ts";
import { derOf, rsaKeys } from "../support/certificates.ts";
import { extension, specialCertificate } from "../support/special_certificate.ts";

const NOW = Date.parse("2026-06-01T00:00:00Z");
const HOUR_MS = 3_600_000;
const VALID = { from: NOW - HOUR_MS, until: NOW + HOUR_MS };

const make = (name: string, options: Partial<IssueOptions> = {}) =>
  issue({ ...VALID, names: [name], ...options });
const authority = (name: string, options: Partial<IssueOptions> = {}) =>
  make(name, { isAuthority: true, ...options });

const ROOT = await authority("Root");
const MIDDLE = await authority("Middle", { issuer: ROOT });
const LOWER = await authority("Lower", { issuer: MIDDLE });
const IMPOSTOR = await authority("Root");

function verify(chain: readonly Pick<Issued, "cert">[], roots = [ROOT], now = NOW) {
  return verifyClient(chain.map(derOf), roots.map(({ cert }) => profileOf(cert)), now);
}

const special = (issuer: Issued, extensions: readonly Uint8Array[], subject = "special") =>
  specialCertificate(issuer, { ...VALID, extensions, subject });
const CONSTRAINTS = extension("2.5.29.19", sequence(boolean(true)), true);
const NAMES = extension("2.5.29.30", sequence(tagged(0, sequence())));
const ANY_PURPOSE = extension("2.5.29.37", sequence(objectIdentifier("2.5.29.37.0")));

const LEAF = await make("leaf", { issuer: ROOT });
const DEEP = await make("deep", { issuer: LOWER });

for (
  const [what, chain, roots] of [
    ["of an authority", [LEAF]],
    ["of one of several authorities", [LEAF], [IMPOSTOR, ROOT]],
    ["below two others", [DEEP, LOWER, MIDDLE]],
    ["with the others out of order, and the authority", [DEEP, ROOT, MIDDLE, IMPOSTOR, LOWER]],
    ["below an authority that is trusted, and signs not itself", [DEEP], [LOWER]],
    ["that signs itself, and is trusted", [MIDDLE], [MIDDLE]],
    ["without extended key usage", [await make("any", { issuer: ROOT, purposes: [] })]],
    ["with an RSA key", [await make("rsa", { issuer: ROOT, keys: await rsaKeys() })]],
  ] as [string, Issued[], Issued[]?][]
) {
  Deno.test(`verifying a client: one ${what} is accepted`, () => {
    assertEquals(verify(chain, roots), undefined);
  });
}

Deno.test("verifying a client: one below an authority of RSA is accepted", async () => {
  const root = await authority("RSA", { keys: await rsaKeys() });
  assertEquals(verify([await make("leaf", { issuer: root })], [root]), undefined);
});

const flat = await authority("Flat", { issuer: ROOT, maxDepth: 0 });
const belowFlat = await authority("Below", { issuer: flat });

Deno.test("verifying a client: an authority's depth is kept to", async () => {
  assertEquals(verify([await make("a", { issuer: flat }), flat]), undefined);
  const deeper = await make("b", { issuer: belowFlat });
  assertEquals(verify([deeper, belowFlat, flat]), "no authority vouches for it");
});

const lateMiddle = await authority("Middle", { issuer: ROOT, until: NOW - 1 });
const constrained = await special(ROOT, [CONSTRAINTS, NAMES], "Constrained");
const unknown = await special(
  ROOT,
  [CONSTRAINTS, extension("1.2.3.4", sequence(), true)],
  "Unknown",
);
const serversOnly = await special(
  ROOT,
  [CONSTRAINTS, extension("2.5.29.37", sequence(objectIdentifier("1.3.6.1.5.5.7.3.1")))],
  "Servers",
);
const usage = await special(
  ROOT,
  [CONSTRAINTS, extension("2.5.29.15", new Uint8Array([3, 2, 7, 0x80]), true)],
  "Usage",
);
const version1 = await special(ROOT, [], "Old");
const twice = await special(ROOT, [CONSTRAINTS, CONSTRAINTS], "Twice");

for (
  const [what, chain, roots] of [
    ["of another authority with the same name", [await make("a", { issuer: IMPOSTOR })]],
    ["of another, which is sent", [await make("a", { issuer: IMPOSTOR }), IMPOSTOR]],
    ["that signs itself", [await make("a")]],
    ["that signs itself with the authority's name", [await make("Root")]],
    ["that has expired", [await make("a", { issuer: ROOT, until: NOW - 1 })]],
    ["that is not valid yet", [await make("a", { issuer: ROOT, from: NOW + 1_000 })]],
    ["for servers only", [await make("a", { issuer: ROOT, purposes: ["servers"] })]],
    ["for any purpose", [await special(ROOT, [ANY_PURPOSE])]],
    ["below one that is not sent", [DEEP, LOWER]],
    ["below one that has expired", [await make("a", { issuer: lateMiddle }), lateMiddle]],
    ["below a leaf", [await make("a", { issuer: LEAF }), LEAF]],
    ["below a leaf that is trusted", [await make("a", { issuer: LEAF })], [LEAF]],
    ["below one with constraints of names", [
      await make("a", { issuer: constrained }),
      constrained,
    ]],
    ["below a trusted one with constraints of names", [
      await make("a", { issuer: constrained }),
    ], [constrained]],
    ["below one with an unknown rule", [await make("a", { issuer: unknown }), unknown]],
    ["below one for servers only", [await make("a", { issuer: serversOnly }), serversOnly]],
    ["below one whose key signs no certificates", [await make("a", { issuer: usage }), usage]],
    ["below one of version 1", [await make("a", { issuer: version1 }), version1]],
    ["of version 1", [version1]],
    ["of version 1 that is trusted", [version1], [version1]],
    ["with an extension twice", [twice]],
    ["that is an authority's", [MIDDLE]],
    ["if nobody is trusted", [LEAF], []],
    ["if there is none", []],
  ] as [string, Issued[], Issued[]?][]
) {
  Deno.test(`verifying a client: one ${what} is not accepted`, () => {
    assertEquals(typeof verify(chain, roots), "string");
  });
}

Deno.test("verifying a client: any byte that changes is noticed", () => {
  const der = derOf(LEAF);
  const roots = [profileOf(ROOT.cert)];
  for (let at = 0; at < der.length; at++) {
    const changed = der.with(at, der[at]! ^ 1);
    assertEquals(typeof verifyClient([changed], roots, NOW), "string", `byte ${at}`);
  }
  for (let length = 0; length < der.length; length += 7) {
    assertEquals(typeof verifyClient([der.subarray(0, length)], roots, NOW), "string");
  }
});

Deno.test("verifying a client: at most eight authorities stand between, in any number of paths", async () => {
  let issuer = ROOT;
  const chain: Issued[] = [];
  for (let depth = 0; depth < 8; depth++) {
    chain.unshift(issuer = await authority(`at ${depth}`, { issuer }));
  }
  assertEquals(verify([await make("a", { issuer }), ...chain]), undefined);
  chain.unshift(issuer = await authority("at 8", { issuer }));
  assertEquals(typeof verify([await make("a", { issuer }), ...chain]), "string");
  const keys = ROOT.keys;
  const same = await Promise.all(
    Array.from(
      { length: 40 },
      () => authority("Same", { keys, issuer: { ...ROOT, subject: "Same" } }),
    ),
  );
  const leaf = await make("a", { issuer: same[0]! });
  assertEquals(typeof verify([leaf, ...same]), "string");
});
