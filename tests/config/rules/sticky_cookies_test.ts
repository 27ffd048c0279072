import { assertEquals } from "@std/assert";
import { problemsOfText } from "../../support/configuration_file.ts";

const TLS = { certificates: [{ cert: "a.pem", key: "a.key" }] };

for (
  const [what, others, isRefused] of [
    ["a listener without TLS", {}, true],
    ["a listener with TLS", { engine: "tcp", listeners: { https: { tls: TLS } } }, false],
    ["a trusted proxy", { trustedProxies: ["10.0.0.0/8"] }, false],
  ] as const
) {
  Deno.test(`sticky cookies: a cookie that browsers accept over TLS only, behind ${what}`, async () => {
    const { errors } = await problemsOfText(JSON.stringify({
      ...others,
      pools: { a: { backends: ["http://a"], sticky: { cookie: "__Host-a" } } },
    }));
    assertEquals(errors.includes("unless trustedProxies is set or a listener has tls"), isRefused);
  });
}
