/** Certificates that come and are not right. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { issue } from "../../lib/tls/issue.ts";
import { AcmeScene, DAY_MS, START } from "../support/acme_scene.ts";

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
