import { assertEquals, assertThrows } from "@std/assert";
import { CertificateChoice } from "../../lib/tls/certificate_choice.ts";

const certificate = (id: string, isEcdsa: boolean, ...names: string[]) => ({ id, isEcdsa, names });

const CHOICE = new CertificateChoice([
  certificate("main RSA", false, "example.com", "www.example.com"),
  certificate("main ECDSA", true, "example.com", "www.example.com"),
  certificate("wildcard", true, "*.example.com"),
  certificate("older wildcard", true, "*.example.com"),
  certificate("shop", false, "shop.example.com"),
  certificate("two labels", true, "*.eu.example.com"),
]);

for (
  const [serverName, acceptsEcdsa, id] of [
    ["example.com", true, "main ECDSA"],
    ["example.com", false, "main RSA"],
    ["www.example.com", true, "main ECDSA"],
    ["shop.example.com", true, "shop"],
    ["api.example.com", true, "wildcard"],
    ["api.example.com", false, "wildcard"],
    ["a.eu.example.com", true, "two labels"],
    ["a.b.example.com", true, "main ECDSA"],
    ["com", true, "main ECDSA"],
    ["*.example.com", true, "wildcard"],
    ["other.test", false, "main RSA"],
    [undefined, true, "main ECDSA"],
    [undefined, false, "main RSA"],
  ] as const
) {
  const verifies = acceptsEcdsa ? "ECDSA" : "RSA alone";
  Deno.test(`certificate choice: a client of ${serverName} that verifies ${verifies} gets that of ${id}`, () => {
    assertEquals(CHOICE.choose({ serverName, acceptsEcdsa }).id, id);
  });
}

Deno.test("certificate choice: a name of one label is not covered by a wildcard below it", () => {
  const choice = new CertificateChoice([
    certificate("first", true, "a.test"),
    certificate("wildcard", true, "*.local"),
  ]);
  assertEquals(choice.choose({ serverName: "local", acceptsEcdsa: true }).id, "first");
});

Deno.test("certificate choice: without a certificate there is none", () => {
  assertThrows(() => new CertificateChoice([]), Error, "there is none");
});
