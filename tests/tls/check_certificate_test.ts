import { assertEquals } from "@std/assert";
import { checkCertificate } from "../../lib/tls/check_certificate.ts";
import { issue, type Issued, type IssueOptions } from "../../lib/tls/issue.ts";
import { pemOf } from "../../lib/tls/pem.ts";
import { certificateFor, rsaKeys } from "../support/certificates.ts";

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 10, 20);
const LIFE = { from: NOW - DAY_MS, until: NOW + 60 * DAY_MS };

const ROOT = await issue({ ...LIFE, names: ["Root"], isAuthority: true });
const MIDDLE = await issue({ ...LIFE, names: ["Middle"], isAuthority: true, issuer: ROOT });
const LOWER = await issue({ ...LIFE, names: ["Lower"], isAuthority: true, issuer: MIDDLE });
const OTHER = await issue({ ...LIFE, names: ["Other"], isAuthority: true });

function leafFor(names: readonly string[], options: Partial<IssueOptions> = {}): Promise<Issued> {
  return issue({ ...LIFE, names, issuer: LOWER, ...options });
}

async function keysOf(algorithm: RsaHashedKeyGenParams | EcKeyGenParams | Algorithm) {
  return await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]) as CryptoKeyPair;
}

const LEAF = await leafFor(["www.example.com", "*.Example.org", "192.0.2.1", "2001:db8::1"]);
const CHAIN = LEAF.cert + LOWER.cert + MIDDLE.cert;

/** What is found, a line each. */
function findings(cert: string | undefined, key: string | undefined, now = NOW): string[] {
  const { certificate, findings } = checkCertificate(cert, key, now);
  const isRefused = findings.some(({ severity }) => severity === "error");
  const isWhole = cert !== undefined && key !== undefined;
  assertEquals(certificate === undefined, isRefused || !isWhole, "what has an error is not served");
  return findings.map(({ severity, about, message }) => `${severity} ${about}: ${message}`);
}

Deno.test("check certificate: a good one is read, with its names in lower case, its dates and who issued it", () => {
  const { certificate, findings } = checkCertificate(CHAIN, LEAF.key, NOW);
  assertEquals(findings, []);
  const { fingerprint, cert, key, ...rest } = certificate!;
  assertEquals(rest, {
    names: ["www.example.com", "*.example.org", "192.0.2.1", "2001:db8::1"],
    isEcdsa: true,
    notBefore: LIFE.from,
    notAfter: LIFE.until,
    issuer: "Lower",
  });
  assertEquals(/^(?:[0-9A-F]{2}:){31}[0-9A-F]{2}$/.test(fingerprint), true);
  assertEquals([cert, key], [CHAIN, LEAF.key]);
});

Deno.test("check certificate: what else the files hold does not count, and one file may hold all of it", async () => {
  const parameters = pemOf("EC PARAMETERS", new Uint8Array([6, 1, 1]));
  const all = `Subject: a\n${LEAF.key}${parameters}\n${CHAIN.replaceAll("\n", "\r\n")}`;
  const { certificate, findings } = checkCertificate(all, all, NOW);
  assertEquals([findings, certificate!.cert, certificate!.key], [[], CHAIN, LEAF.key]);
  const rsa = await leafFor(["a.test"], { keys: await rsaKeys() });
  assertEquals(checkCertificate(rsa.cert, rsa.key, NOW).certificate!.isEcdsa, false);
});

const P384 = await leafFor(["a.test"], {
  keys: await keysOf({ name: "ECDSA", namedCurve: "P-384" }),
});
const ED25519 = await leafFor(["a.test"], { keys: await keysOf({ name: "Ed25519" }) });
const SHORT = await leafFor(["a.test"], {
  keys: await keysOf(
    {
      name: "RSASSA-PKCS1-v1_5",
      modulusLength: 1024,
      publicExponent: new Uint8Array([1, 0, 1]),
      hash: "SHA-256",
    } satisfies RsaHashedKeyGenParams,
  ),
});
const KINDS = "RSA, or ECDSA with P-256 or P-384";
const CRAMPED = pemOf("CERTIFICATE", new Uint8Array([1, 2, 3]));
const LOCKED = pemOf("ENCRYPTED PRIVATE KEY", new Uint8Array(32));
const LOCKED_OLD = LEAF.key.replaceAll("PRIVATE", "EC PRIVATE")
  .replace("KEY-----\n", "KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n");
const WITHOUT_PASSPHRASE =
  "error key: must name a private key without a passphrase: nobody is there to type it";
const MISMATCH =
  "error key: must name the private key of its certificate: it is that of another one";

for (
  const [what, cert, key, expected] of [
    ["a file without a certificate", LEAF.key, LEAF.key, [
      "error cert: must name a file with a certificate in PEM",
    ]],
    ["an empty file", "", "", [
      "error cert: must name a file with a certificate in PEM",
      "error key: must name a file with a private key in PEM",
    ]],
    ["something else that says it is a certificate", CHAIN + CRAMPED, LEAF.key, [
      "error cert: must name a file with certificates in PEM: number 4 of 4 is none",
    ]],
    ["a file without a key", CHAIN, CHAIN, [
      "error key: must name a file with a private key in PEM",
    ]],
    ["something else that says it is a key", CHAIN, pemOf("PRIVATE KEY", new Uint8Array(9)), [
      "error key: must name a file with a private key in PEM: the one in it cannot be read",
    ]],
    ["a key with a passphrase", CHAIN, LOCKED, [WITHOUT_PASSPHRASE]],
    ["an old key with a passphrase", CHAIN, LOCKED_OLD, [WITHOUT_PASSPHRASE]],
    ["the key of another certificate", CHAIN, P384.key, [MISMATCH]],
    ["the key of another kind", CHAIN, ED25519.key, [MISMATCH]],
    ["a key of P-384", P384.cert, P384.key, []],
    ["a short key", SHORT.cert, SHORT.key, [
      "error cert: must name a certificate with an RSA key of 2048 bits or more: found 1024",
    ]],
    ["a key of a kind that is not served", ED25519.cert, ED25519.key, [
      `error cert: must name a certificate with a key of ${KINDS}: found ed25519`,
    ]],
    ["the certificate behind those above it", LOWER.cert + LEAF.cert, LEAF.key, [
      "error cert: must name a file that begins with the certificate of its key: that is number 2 of 2",
    ]],
    ["no certificate above it", LEAF.cert, LEAF.key, []],
    ["the root as well", CHAIN + ROOT.cert, LEAF.key, []],
    ["those above it out of order", LEAF.cert + MIDDLE.cert + LOWER.cert, LEAF.key, [
      "warning cert: names a file with certificates out of order: each must be followed by the one that issued it",
    ]],
    ["one that does not belong", CHAIN + OTHER.cert, LEAF.key, [
      "warning cert: names a file with a certificate that is not part of the chain: Other",
    ]],
    ["only its own authority's certificate", ROOT.cert, ROOT.key, [
      "error cert: must name a certificate with names in subjectAltName: clients use no other",
    ]],
    ["a file that cannot be read", undefined, LEAF.key, []],
    ["a key that cannot be read", CHAIN, undefined, []],
  ] as const satisfies (readonly [string, string | undefined, string | undefined, string[]])[]
) {
  Deno.test(`check certificate: ${what}`, () => assertEquals(findings(cert, key), expected));
}

const EXPIRED = "error cert: must name a certificate that is valid: this one";

for (
  const [days, expected] of [
    [-2, [`${EXPIRED} is valid only from 2026-11-19 on`]],
    [0, []],
    [46, []],
    [46.5, ["warning cert: names a certificate that expires in 13 days, on 2027-01-19"]],
    [58.5, ["warning cert: names a certificate that expires in 1 day, on 2027-01-19"]],
    [59.5, ["warning cert: names a certificate that expires in less than a day, on 2027-01-19"]],
    [60.5, [`${EXPIRED} expired on 2027-01-19`]],
  ] as const
) {
  Deno.test(`check certificate: ${days} days after it was issued for 60`, () => {
    assertEquals(findings(CHAIN, LEAF.key, NOW + days * DAY_MS), [...expected]);
  });
}

Deno.test("check certificate: all that is wrong is told at once", async () => {
  const bad = await certificateFor([], { from: NOW - 9 * DAY_MS, until: NOW - DAY_MS });
  assertEquals(findings(bad.cert + OTHER.cert, LEAF.key), [
    MISMATCH,
    "error cert: must name a certificate with names in subjectAltName: clients use no other",
    `${EXPIRED} expired on 2026-11-19`,
    "warning cert: names a file with a certificate that is not part of the chain: Other",
  ]);
});
