import { assertEquals } from "@std/assert";
import type { Certificate, TlsSettings } from "../../../lib/engines/engine.ts";
import { hasSameKeys } from "../../../lib/engines/tcp/secure_arrivals.ts";

const A: Certificate = { cert: "a", key: "k", names: ["a.test"], isEcdsa: true };
const B: Certificate = { ...A, cert: "b", key: "l" };
const OF_A: TlsSettings = { certificates: [A], minVersion: "1.2", hstsSeconds: 60 };

Deno.test("secure arrivals: handshakes change with a certificate, its key, their order and the oldest version", () => {
  for (
    const [one, other, expected] of [
      [undefined, undefined, true],
      [undefined, OF_A, false],
      [OF_A, undefined, false],
      [OF_A, structuredClone(OF_A), true],
      [OF_A, { ...OF_A, hstsSeconds: 1 }, true],
      [OF_A, { ...OF_A, minVersion: "1.3" }, false],
      [OF_A, { ...OF_A, certificates: [{ ...A, cert: "c" }] }, false],
      [OF_A, { ...OF_A, certificates: [{ ...A, key: "m" }] }, false],
      [OF_A, { ...OF_A, certificates: [A, B] }, false],
      [{ ...OF_A, certificates: [A, B] }, { ...OF_A, certificates: [B, A] }, false],
    ] as const
  ) {
    assertEquals(hasSameKeys(one, other), expected, JSON.stringify([one, other]));
  }
});
