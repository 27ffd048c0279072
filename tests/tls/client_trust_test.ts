import { assertEquals } from "@std/assert";
import { ClientTrust, type Shown } from "../../lib/tls/client_trust.ts";
import { boolean, sequence, tagged } from "../../lib/tls/der.ts";
import { issue, type Issued } from "../../lib/tls/issue.ts";
import { derOf } from "../support/certificates.ts";
import { extension, specialCertificate } from "../support/special_certificate.ts";

const NOW = Date.parse("2026-06-01T00:00:00Z");
const HOUR_MS = 3_600_000;
const VALID = { from: NOW - HOUR_MS, until: NOW + HOUR_MS };
const ROOT = await issue({ ...VALID, names: ["Root"], isAuthority: true });
const LEAF = await issue({ ...VALID, names: ["leaf"], issuer: ROOT });
const STRANGER = await issue({ ...VALID, names: ["leaf"] });
/** Whose leaves only node:tls accepts: their names are not checked here. */
const CONSTRAINED = await specialCertificate(ROOT, {
  ...VALID,
  subject: "Constrained",
  extensions: [
    extension("2.5.29.19", sequence(boolean(true)), true),
    extension("2.5.29.30", sequence(tagged(0, sequence()))),
  ],
});

const trust = (isRequired = true) => new ClientTrust({ authorities: ROOT.cert, isRequired });
const shown = (chain: readonly Issued[], other: Partial<Shown> = {}): Shown => ({
  chain: chain.map(derOf),
  isResumed: false,
  error: undefined,
  ...other,
});
const RESUMED = { isResumed: true };

Deno.test("client trust: a full handshake counts if it has no error", () => {
  assertEquals(trust().judge(shown([LEAF]), NOW), {
    kind: "proved",
    clientCert: `:${derOf(LEAF).toBase64()}:`,
  });
  const error = "CERT_HAS_EXPIRED";
  assertEquals(trust().judge(shown([LEAF], { error }), NOW), {
    kind: "refused",
    reason: `the client's certificate is not accepted: ${error}`,
  });
});

Deno.test("client trust: whatever node:tls says, one must be valid and of version 3", async () => {
  const old = await specialCertificate(ROOT, { ...VALID, subject: "old", extensions: [] });
  for (
    const [what, at] of [
      [shown([LEAF]), NOW + 2 * HOUR_MS],
      [shown([LEAF]), NOW - 2 * HOUR_MS],
      [shown([old]), NOW],
      [shown([], { chain: [new Uint8Array([1, 2, 3])] }), NOW],
    ] as const
  ) {
    assertEquals(trust().judge(what, at).kind, "refused");
  }
});

Deno.test("client trust: without a certificate a client is refused, or anonymous where one is optional", () => {
  for (const isResumed of [false, true]) {
    assertEquals(trust().judge(shown([], { isResumed }), NOW).kind, "refused");
    assertEquals(trust(false).judge(shown([], { isResumed }), NOW).kind, "anonymous");
  }
});

Deno.test("client trust: a session that is resumed counts by its certificates only", () => {
  assertEquals(trust().judge(shown([LEAF], RESUMED), NOW).kind, "proved");
  assertEquals(trust().judge(shown([LEAF], RESUMED), NOW + 2 * HOUR_MS).kind, "refused");
  for (const isRequired of [true, false]) {
    assertEquals(trust(isRequired).judge(shown([STRANGER], RESUMED), NOW).kind, "refused");
  }
});

Deno.test("client trust: what a full handshake has verified is remembered, until a certificate of it ends", async () => {
  const leaf = await issue({
    ...VALID,
    until: NOW + 9 * HOUR_MS,
    names: ["a"],
    issuer: CONSTRAINED,
  });
  const chain = [leaf, CONSTRAINED];
  const memory = trust();
  assertEquals(memory.judge(shown(chain, RESUMED), NOW).kind, "refused");
  assertEquals(memory.judge(shown(chain, { error: "no" }), NOW).kind, "refused");
  assertEquals(memory.judge(shown(chain, RESUMED), NOW).kind, "refused");
  assertEquals(memory.judge(shown(chain), NOW).kind, "proved");
  assertEquals(memory.judge(shown(chain, RESUMED), NOW).kind, "proved");
  assertEquals(memory.judge(shown(chain, RESUMED), NOW + 2 * HOUR_MS).kind, "refused");
  assertEquals(trust().judge(shown(chain, RESUMED), NOW).kind, "refused", "by itself only");
});

Deno.test("client trust: a bounded number is remembered, the latest", async () => {
  const leaf = await issue({ ...VALID, names: ["a"], issuer: CONSTRAINED });
  const memory = trust();
  const resumed = () => memory.judge(shown([leaf, CONSTRAINED], RESUMED), NOW).kind;
  memory.judge(shown([leaf, CONSTRAINED]), NOW);
  const others = await Promise.all(
    Array.from({ length: 1024 }, (_, index) => issue({ ...VALID, names: [`${index}`] })),
  );
  for (const other of others.slice(1)) memory.judge(shown([other]), NOW);
  assertEquals(resumed(), "proved");
  memory.judge(shown([others[0]!]), NOW);
  assertEquals(resumed(), "refused");
});
