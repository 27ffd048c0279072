import { assertEquals } from "@std/assert";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { issue } from "../../lib/tls/issue.ts";
import { AUTHORITY, certificateFor, rsaKeys, VALID } from "../support/certificates.ts";

const YEAR_MS = 365 * 86_400_000;

const read = ({ cert }: { readonly cert: string }) => new X509Certificate(cert);

Deno.test("issue: the names are those of the certificate, addresses among them", async () => {
  const names = ["a.test", "*.b.test", "192.0.2.1", "2001:db8::1", "::ffff:192.0.2.2"];
  const { subject, subjectAltName } = read(await certificateFor(names));
  assertEquals(subject, "CN=a.test");
  assertEquals(
    subjectAltName,
    "DNS:a.test, DNS:*.b.test, IP Address:192.0.2.1, IP Address:2001:db8::1, " +
      "IP Address:::ffff:192.0.2.2",
  );
});

for (const [kind, keys] of [["ECDSA", undefined], ["RSA", await rsaKeys()]] as const) {
  Deno.test(`issue: an authority with a key of ECDSA signs a certificate with one of ${kind}`, async () => {
    const issued = await certificateFor(["a.test"], keys && { keys });
    const [certificate, authority] = [read(issued), read(AUTHORITY)];
    assertEquals(certificate.verify(authority.publicKey), true);
    assertEquals(certificate.checkIssued(authority), true);
    assertEquals(certificate.checkPrivateKey(createPrivateKey(issued.key)), true);
    assertEquals([certificate.ca, authority.ca], [false, true]);
  });

  Deno.test(`issue: a certificate with a key of ${kind} signs itself without an authority`, async () => {
    const issued = await issue({ ...VALID, names: ["a.test"], ...keys && { keys } });
    const certificate = read(issued);
    assertEquals(certificate.verify(certificate.publicKey), true);
    assertEquals(certificate.issuer, certificate.subject);
  });
}

Deno.test("issue: it is valid from one second to another, also beyond 2049", async () => {
  const from = Date.UTC(2026, 0, 2, 3, 4, 5);
  for (const until of [from + YEAR_MS, Date.UTC(2049, 11, 31, 23, 59, 59), from + 50 * YEAR_MS]) {
    const { validFrom, validTo } = read(await issue({ from, until, names: ["a.test"] }));
    assertEquals([Date.parse(validFrom), Date.parse(validTo)], [from, until]);
  }
});

Deno.test("issue: each certificate has a key and a number of its own", async () => {
  const [one, other] = [await certificateFor(["a.test"]), await certificateFor(["a.test"])];
  assertEquals(one.key === other.key, false);
  assertEquals(read(one).serialNumber === read(other).serialNumber, false);
});
