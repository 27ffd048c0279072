/** Accounts at the authority. */
import { assertEquals } from "@std/assert";
import { AcmeScene } from "../support/acme_scene.ts";

Deno.test("acme: an external account is bound, and one that is missing or wrong is named", async () => {
  const key = new Uint8Array(32).fill(251).toBase64({ alphabet: "base64url", omitPadding: true });
  const padded = new Uint8Array(32).fill(251).toBase64();
  await using scene = await AcmeScene.start({ externalAccounts: { "k1": key } });
  const warned = async (externalAccount: { keyId: string; key: string } | undefined) => {
    const { warnings, renewal } = await scene.started({ externalAccount });
    await scene.until(() => warnings.length === 1);
    await renewal.stop();
    await scene.pass(61_000);
    return /directory: (.*); there is none/.exec(warnings[0]!)![1];
  };
  assertEquals(
    await warned(undefined),
    "the authority asks for an external account: set eab to the key that it gave you",
  );
  assertEquals(
    await warned({ keyId: "k1", key: "no base64!" }),
    "the key of the external account (eab) must be in base64url",
  );
  assertEquals(
    await warned({ keyId: "k1", key: "AAAA" }),
    "the authority did not make an account: it says: the binding is wrong (unauthorized)",
  );
  for (const form of [key, padded]) {
    const { certificates, renewal } = await scene.started({
      externalAccount: { keyId: "k1", key: form },
      domains: [`${form === key}.test`],
    });
    await scene.until(() => certificates.length === 1);
    await renewal.stop();
  }
  assertEquals(scene.server.contacts.length, 1);
});

Deno.test("acme: another address is told to the authority with the next order", async () => {
  await using scene = await AcmeScene.start();
  for (const [index, email] of ["ops@a.test", "new@a.test", undefined].entries()) {
    const { infos, renewal } = await scene.started({ email, domains: [`${index}.test`] });
    await scene.until(() => infos.length === 2);
    await renewal.stop();
    assertEquals(scene.server.contacts, [email === undefined ? [] : [`mailto:${email}`]]);
  }
  assertEquals(scene.server.asked.filter((step) => step === "account").length, 2);
});

Deno.test("acme: an account whose making was answered by nothing is the same one at the next attempt", async () => {
  await using scene = await AcmeScene.start();
  scene.server.fail("newAccount", () => new Response("", { status: 502 })); // made all the same
  const { certificates } = await scene.started();
  await scene.until(() => certificates.length === 1);
  assertEquals(scene.server.contacts.length, 1);
});
