/** What the store is for: it outlives the balancer, and several balancers share it. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { AcmeScene, contentsOf, DAY_MS } from "../support/acme_scene.ts";

Deno.test("acme: afterwards the store has the account and the certificate, and nothing that is over", async () => {
  await using scene = await AcmeScene.start();
  const { infos } = await scene.started();
  await scene.until(() => infos.length === 2);
  await scene.pass(5_000);
  const files = Object.keys(await contentsOf(scene.folder));
  const kinds = files.map((file) => file.replace(/[0-9a-f]{12}/g, "ID")).sort();
  assertEquals(kinds, ["acme/accounts/127.0.0.1-ID.json", "acme/certificates/a.test-ID-ID.pem"]);
  for (const file of files) {
    const { mode } = await Deno.stat(`${scene.folder}/${file}`);
    assertEquals(mode! & 0o777, 0o600, file);
  }
  for (const folder of ["", "/accounts", "/certificates", "/orders", "/challenges", "/locks"]) {
    assertEquals((await Deno.stat(`${scene.folder}/acme${folder}`)).mode! & 0o777, 0o700, folder);
  }
});

Deno.test("acme: two balancers that share a store make one order, and both have its certificate", async () => {
  await using scene = await AcmeScene.start({ lifeMs: 6 * DAY_MS });
  scene.server.pollsUntilIssued = 5;
  const balancers = [await scene.started(), await scene.started()];
  await scene.until(() => balancers.every(({ certificates }) => certificates.length === 1));
  assertEquals(balancers[0]!.certificates, balancers[1]!.certificates);
  assertEquals(scene.server.asked.filter((step) => step === "newOrder").length, 1);
  assertEquals(
    balancers.flatMap(({ infos }) => infos).filter((text) => text.startsWith("waiting")),
    ["waiting with a.test, www.a.test: another order of the same account is under way"],
  );
  await scene.pass(4.2 * DAY_MS);
  await scene.until(() => balancers.every(({ certificates }) => certificates.length === 2));
  assertEquals(scene.server.asked.filter((step) => step === "newOrder").length, 2);
});

Deno.test("acme: the lock of a balancer that is gone is taken over after a minute and a half", async () => {
  await using scene = await AcmeScene.start();
  const first = await scene.started();
  await scene.until(() => first.infos.length === 2);
  await first.renewal.stop(); // it has given its lock back
  const [account] = Object.keys(await contentsOf(`${scene.folder}/acme/accounts`));
  const lock = `${scene.folder}/acme/locks/${account!.replace(".json", ".lock")}`;
  await Deno.writeTextFile(lock, JSON.stringify({ owner: "gone", time: "2025-12-31T23:59:59Z" }));
  const startedAt = scene.now();
  const second = await scene.started({ domains: ["b.test"] });
  await scene.until(() => second.certificates.length === 1);
  const waitedMs = second.certificates[0]!.notBefore - startedAt;
  assert(waitedMs >= 90_000 && waitedMs <= 96_000, `${waitedMs}`);
});

Deno.test("acme: a store that cannot be written is warned of before an order is made", async () => {
  await using scene = await AcmeScene.start();
  await Deno.writeTextFile(`${scene.folder}/acme`, "a file in the place of the folder");
  const { warnings } = await scene.started();
  await scene.until(() => warnings.length === 8);
  assertEquals(scene.server.asked, []);
  assertStringIncludes(warnings[7]!, "; next try in 10m, at ");
  assertStringIncludes(warnings[0]!, "the store FOLDER/acme cannot be used: ");
  await Deno.remove(`${scene.folder}/acme`);
  await scene.until(() => scene.server.asked.includes("certificate"));
});

Deno.test("acme: a certificate that cannot be stored is used all the same, and stored without a new order", async () => {
  await using scene = await AcmeScene.start();
  let isFull = true;
  const open: typeof Deno.open = (path, options) => {
    if (isFull && String(path).includes("/certificates/") && options?.write) {
      return Promise.reject(new Deno.errors.WriteZero("No space left on device (os error 28)"));
    }
    return Deno.open(path, options);
  };
  const { certificates, warnings, infos, renewal } = scene.balancer({}, { ...Deno, open });
  await renewal.start();
  await scene.until(() => warnings.length === 1);
  assertEquals(certificates.length, 1);
  assertStringIncludes(warnings[0]!, "no space left on device; the one in use is valid until");
  isFull = false;
  await scene.until(() => infos.at(-1)!.startsWith("there is a new"));
  assertEquals(scene.server.asked.filter((step) => step === "newOrder").length, 1);
  assertEquals(certificates.length, 1, "it is the same one");
});

for (
  const [problem, alter] of [
    ["there is no private key in it", (pem: string) => pem.replaceAll("PRIVATE", "PUBLIC")],
    ["its private key cannot be read", (pem: string) => pem.replace("MIG", "AAA")],
  ] as const
) {
  Deno.test(`acme: a stored certificate is not used, and another one is ordered, if ${problem}`, async () => {
    await using scene = await AcmeScene.start();
    const first = await scene.started({ domains: ["a.test"] });
    await scene.until(() => first.infos.length === 2);
    await first.renewal.stop();
    const folder = `${scene.folder}/acme/certificates`;
    const [[file, pem] = ["", ""]] = Object.entries(await contentsOf(folder));
    await Deno.writeTextFile(`${folder}/${file}`, alter(pem));
    const { certificates, warnings } = await scene.started({ domains: ["a.test"] });
    await scene.until(() => certificates.length === 1);
    const path = `FOLDER/acme/certificates/${file}`;
    assertEquals(warnings, [`the certificate in ${path} is not used: ${problem}`]);
    assertEquals(scene.server.orders.length, 2);
  });
}

Deno.test("acme: a private key that others can read is warned of once, and used", async () => {
  await using scene = await AcmeScene.start();
  const first = await scene.started({ domains: ["a.test"] });
  await scene.until(() => first.infos.length === 2);
  await first.renewal.stop();
  const folder = `${scene.folder}/acme/certificates`;
  const [file] = Object.keys(await contentsOf(folder));
  await Deno.chmod(`${folder}/${file}`, 0o640);
  const { certificates, warnings } = await scene.started({ domains: ["a.test"] });
  await scene.pass(0.5 * DAY_MS);
  const path = `FOLDER/acme/certificates/${file}`;
  assertEquals(warnings, [`others can read the private key in ${path}: chmod 600 ${path}`]);
  assertEquals(certificates, first.certificates);
});

Deno.test("acme: what another balancer got just before this one has the lock is used, and not ordered again", async () => {
  await using scene = await AcmeScene.start();
  const first = await scene.started({ domains: ["a.test"] });
  await scene.until(() => first.infos.length === 2);
  await first.renewal.stop();
  const [[file, pem] = ["", ""]] = Object.entries(await contentsOf(scene.folder))
    .filter(([name]) => name.endsWith(".pem"));
  await Deno.remove(`${scene.folder}/${file}`);
  const open: typeof Deno.open = async (path, options) => {
    if (String(path).endsWith(".lock")) await Deno.writeTextFile(`${scene.folder}/${file}`, pem);
    return await Deno.open(path, options);
  };
  const { renewal, certificates } = scene.balancer({ domains: ["a.test"] }, { ...Deno, open });
  await renewal.start();
  await scene.until(() => certificates.length === 1);
  await scene.pass(DAY_MS);
  assertEquals([certificates, scene.server.orders.length], [first.certificates, 1]);
});
