/** Certificates that come and are not right. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { checkChain } from "../../lib/acme/chain.ts";
import { checkCertificate } from "../../lib/tls/check_certificate.ts";
import { issue, type IssueOptions } from "../../lib/tls/issue.ts";
import { AcmeScene, DAY_MS, START } from "../support/acme_scene.ts";
import { rsaKeys } from "../support/certificates.ts";

const WRONG: Readonly<
  Record<string, (scene: AcmeScene, chain: string) => Promise<string> | string>
> = {
  "it does not cover a.test": (scene) => issuedFor("b.test", scene),
  "it is for another key": (scene) => issuedFor("a.test", scene),
  "certificate 2 of its chain did not issue the one before": async (_, chain) => {
    const other = await issue({ names: ["x"], from: START, until: START + 1e9, isAuthority: true });
    return chain.replace(/(?<=END CERTIFICATE-----\n)[\s\S]+/, other.cert);
  },
  "certificate 1 of its chain cannot be read": (_, chain) => chain.replace("MII", "AAA"),
  "its chain has 12 certificates": (_, chain) => chain.repeat(6),
};

/** A certificate of the authority, with a key of its own. */
async function issuedFor(name: string, { server }: AcmeScene): Promise<string> {
  const valid = { from: START, until: START + 1e9 };
  return (await issue({ ...valid, names: [name], issuer: server.authority })).cert;
}

for (const [problem, alter] of Object.entries(WRONG)) {
  Deno.test(`acme: a certificate that comes and is not right replaces nothing: ${problem}`, async () => {
    await using scene = await AcmeScene.start({ lifeMs: 6 * DAY_MS });
    const { certificates, warnings, infos } = await scene.started({ domains: ["a.test"] });
    await scene.until(() => infos.length === 2);
    scene.server.alter = (chain) => alter(scene, chain);
    await scene.until(() => warnings.length === 2);
    assertStringIncludes(
      warnings[0]!,
      `: the certificate that came is not used: ${problem}; the one in use is valid until 2026-01-07`,
    );
    assertEquals([certificates.length, scene.server.orders.length], [1, 3]);
  });
}

const LIFE = { from: START, until: START + DAY_MS };
const NAMES = ["a.test"];
const ROOT = await issue({ ...LIFE, names: ["Root"], isAuthority: true });
const OTHER = await issue({ ...LIFE, names: ["Other"], isAuthority: true });
const ISSUED = await issued();

function issued(options: Partial<IssueOptions> = {}) {
  return issue({ ...LIFE, names: NAMES, issuer: ROOT, ...options });
}

async function issuedWith(algorithm: EcKeyGenParams | Algorithm) {
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  return await issued({ keys: keys as CryptoKeyPair });
}

const NAMELESS = await issued({ names: ["a test"] });
const [P384, P521, ED25519, RSA] = await Promise.all([
  issuedWith({ name: "ECDSA", namedCurve: "P-384" }),
  issuedWith({ name: "ECDSA", namedCurve: "P-521" }),
  issuedWith({ name: "Ed25519" }),
  rsaKeys().then((keys) => issued({ keys })),
]);

const OF_ANOTHER_KIND = "it must have a key of RSA, or ECDSA with P-256 or P-384: found ";

/** What comes, its key, the time after its beginning in milliseconds, and what is wrong. */
const CASES: Readonly<Record<string, readonly [string, string, number, string?]>> = {
  "with the one above it": [ISSUED.cert + ROOT.cert, ISSUED.key, 0],
  "with its key, and what else is no certificate": [
    `one\n${ISSUED.key}two\n${ISSUED.cert}`,
    ISSUED.key,
    0,
  ],
  "with a key of P-384": [P384.cert, P384.key, 0],
  "with a key of RSA": [RSA.cert, RSA.key, 0],
  "in its last moment": [ISSUED.cert, ISSUED.key, DAY_MS],
  "after its end": [ISSUED.cert, ISSUED.key, DAY_MS + 1, "it expired at 2026-01-02T00:00:00Z"],
  "before its beginning": [
    ISSUED.cert,
    ISSUED.key,
    -1_000,
    "it is valid from 2026-01-01T00:00:00Z only, and this machine's clock says 2025-12-31T23:59:59Z",
  ],
  "with a key of P-521": [P521.cert, P521.key, 0, `${OF_ANOTHER_KIND}ECDSA with secp521r1`],
  "with a key of Ed25519": [ED25519.cert, ED25519.key, 0, `${OF_ANOTHER_KIND}ed25519`],
  "with the key of another one": [ISSUED.cert, P384.key, 0, "it is for another key"],
  "with a key that cannot be read": [
    ISSUED.cert,
    ISSUED.key.replace("MIG", "AAA"),
    0,
    "its private key cannot be read",
  ],
  "without a certificate": [ISSUED.key, ISSUED.key, 0, "it is no certificate in PEM"],
  "with names that no client can ask for": [
    NAMELESS.cert,
    NAMELESS.key,
    0,
    "it does not cover a.test",
  ],
};

for (const [what, [cert, key, elapsed, expected]] of Object.entries(CASES)) {
  Deno.test(`acme: a certificate is accepted if it can be served: one ${what}`, () => {
    const now = START + elapsed;
    const accepted = checkChain(cert, { key, names: NAMES, now });
    assertEquals(typeof accepted === "string" ? accepted : undefined, expected);
    const served = checkCertificate(cert, key, now).certificate;
    assertEquals(served !== undefined, expected === undefined);
    if (typeof accepted === "string") return;
    assertEquals([accepted.cert, accepted.names], [served!.cert, served!.names]);
  });
}

Deno.test("acme: what a listener only warns of is not accepted from an authority: it could be a mix of two", () => {
  const cert = ISSUED.cert + OTHER.cert;
  const { certificate, findings } = checkCertificate(cert, ISSUED.key, START + 1);
  assertEquals([certificate !== undefined, findings.length > 0], [true, true]);
  assertEquals(
    checkChain(cert, { key: ISSUED.key, names: NAMES, now: START + 1 }),
    "certificate 2 of its chain did not issue the one before",
  );
});
