import { assertEquals } from "@std/assert";
import {
  coversHost,
  daysLeft,
  expiryOf,
  titleOf,
  validityAt,
} from "../../lib/tls/certificate_details.ts";

const HOUR_MS = 3_600_000;

Deno.test("certificate details: a wildcard covers one label more, and not its own domain", () => {
  const certificate = { names: ["example.com", "*.example.com", "192.0.2.1"] };
  for (
    const [host, expected] of [
      ["example.com", true],
      ["www.example.com", true],
      ["a.www.example.com", false],
      ["192.0.2.1", true],
      ["1.0.2.1", false],
      ["example.org", false],
      ["com", false],
    ] as const
  ) {
    assertEquals(coversHost(certificate, host), expected, host);
  }
  assertEquals(coversHost({ names: ["*.example.com"] }, "example.com"), false);
});

Deno.test("certificate details: days are whole ones, and negative once it has expired", () => {
  const left = (hours: number) =>
    daysLeft({ notAfter: 1_000 * HOUR_MS }, (1_000 - hours) * HOUR_MS);
  assertEquals([49, 48, 47, 1, 0, -1, -25].map(left), [2, 2, 1, 0, 0, -1, -2]);
});

Deno.test("certificate details: nothing is said of an end that is 14 days away", () => {
  const expiry = (hours: number) => expiryOf({ notAfter: hours * HOUR_MS }, 0);
  assertEquals(expiry(14 * 24), undefined);
  assertEquals(expiry(14 * 24 - 1), "expires in 13 days, on 1970-01-14");
  assertEquals(expiry(-1), "expired on 1969-12-31");
});

Deno.test("certificate details: it is valid from its beginning until its end, with both of them", () => {
  const life = { notBefore: 0, notAfter: 20 * 24 * HOUR_MS };
  for (
    const [now, isValid, fault] of [
      [-1, false, "is valid only from 1970-01-01 on"],
      [0, true, undefined],
      [life.notAfter, true, "expires in less than a day, on 1970-01-21"],
      [life.notAfter + 1, false, "expired on 1970-01-21"],
    ] as const
  ) {
    assertEquals(validityAt(life, now), { isValid, fault });
  }
});

Deno.test("certificate details: its title is its first name, and how many it has", () => {
  const title = (...names: string[]) => titleOf({ names, isEcdsa: true });
  assertEquals([title("a.test"), title("a.test", "b.test", "c.test")], [
    "a.test",
    "a.test and 2 more",
  ]);
});
