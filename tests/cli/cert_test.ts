import { assertEquals, assertStringIncludes } from "@std/assert";
import { checkCertificate } from "../../lib/tls/check_certificate.ts";
import { run } from "../support/started.ts";

const DAY_MS = 86_400_000;

Deno.test("cert: it prints a certificate and its key, which a listener takes without a remark", async () => {
  const { status, stdout, stderr } = await run(["cert", "localhost", "--also", "*.dev.test"]);
  assertEquals([status, stderr], [0, ""]);
  const { findings, certificate } = checkCertificate(stdout, stdout, Date.now());
  assertEquals(findings, []);
  const { names, notAfter } = certificate!;
  assertEquals(names, ["localhost", "*.dev.test", "127.0.0.1", "::1"]);
  assertEquals(Math.round((notAfter - Date.now()) / DAY_MS), 90);
});

Deno.test("cert: --days says how long it is valid", async () => {
  const { stdout } = await run(["cert", "192.0.2.1", "--days", "1"]);
  const { certificate } = checkCertificate(stdout, stdout, Date.now());
  assertEquals(Math.round((certificate!.notAfter - Date.now()) / DAY_MS), 1);
});

Deno.test("cert: what is no name, and no number of days, is refused, all at once", async () => {
  const { status, stdout, stderr } = await run(["cert", "a b", "--also", "*", "--days", "900"]);
  assertEquals([status, stdout], [2, ""]);
  for (const value of ['"a b"', '"*"', '"900"']) {
    assertStringIncludes(stderr, `current value is ${value}`);
  }
});
