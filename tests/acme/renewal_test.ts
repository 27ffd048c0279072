import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { X509Certificate } from "node:crypto";
import { AcmeScene, contentsOf, DAY_MS, START } from "../support/acme_scene.ts";
import type { Step } from "../support/fake_acme_server.ts";

const FIRST: readonly Step[] = ["directory", "newNonce", "newAccount", "newOrder"];
const ONE_NAME: readonly Step[] = ["authorization", "challenge", "authorization"];
const END: readonly Step[] = ["order", "finalize", "certificate"];

Deno.test("acme: a certificate for several names is got by these requests", async () => {
  await using scene = await AcmeScene.start();
  const { certificates, warnings, infos } = await scene.started();
  await scene.until(() => infos.length === 2);
  assertEquals(scene.server.asked, [
    ...FIRST,
    ...["authorization", "challenge", "authorization", "challenge"],
    ...["authorization", "authorization"],
    ...END,
  ]);
  const [{ cert, key, names, notBefore, notAfter } = { cert: "", key: "" }] = certificates;
  assertEquals(names, ["a.test", "www.a.test"]);
  assertEquals(notAfter! - notBefore!, 90 * DAY_MS);
  assert(new X509Certificate(cert).checkIssued(new X509Certificate(scene.server.authority.cert)));
  Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert, key }).close();
  assertEquals(scene.server.contacts, [["mailto:ops@a.test"]]);
  assertEquals([certificates.length, warnings], [1, []]);
  assertEquals(
    infos[0],
    "getting a certificate for a.test, www.a.test from " +
      "http://127.0.0.1:PORT/directory",
  );
  assertStringIncludes(
    infos[1]!,
    "there is a new certificate for a.test, www.a.test, valid until 2026-",
  );
});

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

Deno.test("acme: a stored certificate is in use when start resolves, without a request", async () => {
  await using scene = await AcmeScene.start({ lifeMs: 6 * DAY_MS });
  const first = await scene.started();
  await scene.until(() => first.infos.length === 2);
  await first.renewal.stop();
  const asked = scene.server.asked.length;
  const second = await scene.started({ domains: ["A.test", "www.a.test."] }); // the same names
  assertEquals(second.certificates, first.certificates);
  await scene.pass(3.9 * DAY_MS);
  assertEquals([scene.server.asked.length, second.infos], [asked, []]);
});

Deno.test("acme: it is renewed at two thirds of its life, with a new key and the same account", async () => {
  await using scene = await AcmeScene.start({ lifeMs: 6 * DAY_MS });
  const { certificates, infos, renewal } = await scene.started();
  await scene.until(() => infos.length === 2);
  const asked = scene.server.asked.length;
  const [first] = certificates;
  assertEquals(renewal.status().renewAt, first!.notBefore + 4 * DAY_MS);
  await scene.pass(3.99 * DAY_MS);
  assertEquals(scene.server.asked.length, asked);
  await scene.until(() => infos.length === 4);
  const days = (certificates[1]!.notBefore - first!.notBefore) / DAY_MS;
  assert(days >= 4 && days < 4.001, `${days}`);
  assert(certificates[1]!.key !== first!.key);
  const again = scene.server.asked.slice(asked);
  assertEquals(again.slice(0, 3), ["directory", "newNonce", "newOrder"]);
  assertEquals([scene.server.contacts.length, certificates.length], [1, 2]);
});

Deno.test("acme: a failed renewal takes nothing away, and is tried again ever more seldom, up to once a day", async () => {
  await using scene = await AcmeScene.start({ lifeMs: 30 * DAY_MS });
  const { certificates, infos, warnings } = await scene.started();
  await scene.until(() => infos.length === 2);
  await scene.server.stop();
  await scene.until(() => warnings.length === 14);
  assertEquals(certificates.length, 1);
  const pauses = warnings.map((text) => /next try in (\w+), at/.exec(text)![1]);
  assertEquals(
    pauses.join(" "),
    "1m 2m 4m 8m 16m 32m 64m 128m 256m 512m 1024m 24h 24h 24h",
  );
  assert(
    /^Cannot renew the certificate for a.test, www.a.test from http:\/\/127.0.0.1:PORT\/directory: http:\/\/127.0.0.1:PORT\/directory cannot be reached: connection refused; the one in use is valid until 2026-01-31T00:00:\d\dZ; next try in 1m, at 2026-01-21T00:01:\d\dZ$/
      .test(warnings[0]!),
    warnings[0],
  );
  scene.server.restart();
  await scene.until(() => infos.at(-1)!.startsWith("there is a new"));
  assertEquals(certificates.length, 2);
});

Deno.test("acme: after a name was added, the others are served until there is a certificate for all", async () => {
  await using scene = await AcmeScene.start();
  const first = await scene.started();
  await scene.until(() => first.infos.length === 2);
  await first.renewal.stop();
  const more = await scene.started({ domains: ["a.test", "www.a.test", "new.a.test"] });
  assertEquals(more.certificates, first.certificates);
  await scene.until(() => more.certificates.length === 2);
  assertEquals(more.certificates[1]!.names, ["a.test", "new.a.test", "www.a.test"]);
});

Deno.test("acme: a certificate of another authority, as one for trying out, is not used", async () => {
  await using scene = await AcmeScene.start();
  await using other = await AcmeScene.start();
  const first = await scene.started();
  await scene.until(() => first.infos.length === 2);
  await first.renewal.stop();
  const second = await scene.started({ directory: other.server.directory });
  assertEquals(second.certificates, []);
});

Deno.test("acme: an expired certificate is not used at the start", async () => {
  await using scene = await AcmeScene.start();
  const first = await scene.started();
  await scene.until(() => first.infos.length === 2);
  await first.renewal.stop();
  await scene.server.stop();
  scene.wheel.turn(91 * DAY_MS);
  const { certificates, warnings } = await scene.started();
  await scene.until(() => warnings.length === 2);
  assertEquals(certificates, []);
  assertStringIncludes(warnings[0]!, "-", "the file is named");
  assert(
    /^the certificate in FOLDER\/.+\.pem is not used: it expired at 2026-04-01T/.test(warnings[0]!),
  );
  assertStringIncludes(warnings[1]!, "Cannot get a certificate for a.test, www.a.test");
  assertStringIncludes(warnings[1]!, "; there is none yet; next try in 1m");
  scene.server.restart();
  await scene.until(() => certificates.length === 1);
});

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

Deno.test("acme: stop breaks off an order, gives the lock back, and the next start goes on with the same order", async () => {
  await using scene = await AcmeScene.start();
  scene.server.pollsUntilValidated = 4;
  const first = await scene.started({ domains: ["a.test"] });
  await scene.until(() =>
    scene.server.asked.at(-1) === "authorization" && scene.server.asked.length > 6
  );
  await first.renewal.stop();
  assertEquals([first.warnings, first.certificates], [[], []]);
  const files = Object.keys(await contentsOf(scene.folder));
  assertEquals(files.filter((file) => file.includes("/locks/")), []);
  const asked = scene.server.asked.length;
  const second = await scene.started({ domains: ["a.test"] });
  await scene.until(() => second.infos.length === 2);
  const again = scene.server.asked.slice(asked);
  assertEquals(again.slice(0, 4), ["directory", "newNonce", "order", "authorization"]);
  assert(!again.includes("newOrder") && !again.includes("challenge"), again.join(" "));
});

Deno.test("acme: two balancers that share a store make one order, and both have its certificate", async () => {
  await using scene = await AcmeScene.start({ lifeMs: 6 * DAY_MS });
  scene.server.pollsUntilIssued = 5;
  const balancers = [await scene.started(), await scene.started()];
  await scene.until(() => balancers.every(({ certificates }) => certificates.length === 1));
  assertEquals(balancers[0]!.certificates, balancers[1]!.certificates);
  assertEquals(scene.server.asked.filter((step) => step === "newOrder").length, 1);
  assertEquals(
    balancers.flatMap(({ infos }) => infos).filter((text) => text.startsWith("another")),
    ["another balancer that shares the store is at work: waiting with a.test, www.a.test"],
  );
  await scene.pass(4.2 * DAY_MS);
  await scene.until(() => balancers.every(({ certificates }) => certificates.length === 2));
  assertEquals(scene.server.asked.filter((step) => step === "newOrder").length, 2);
});

Deno.test("acme: the lock of a balancer that is gone is taken over after a minute and a half", async () => {
  await using scene = await AcmeScene.start();
  const first = await scene.started();
  await scene.until(() => first.infos.length === 2);
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
  await scene.until(() => warnings.length === 2);
  assertEquals(scene.server.asked, []);
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

Deno.test("acme: a restart after a failure waits a minute, and as long as the authority asked for", async () => {
  await using scene = await AcmeScene.start();
  await scene.server.stop();
  const first = await scene.started();
  await scene.until(() => first.warnings.length === 5);
  await first.renewal.stop();
  scene.server.restart();
  await scene.pass(1_000);
  const startedAt = scene.now();
  const second = await scene.started({});
  await scene.until(() => second.certificates.length === 1);
  const waitedMs = second.certificates[0]!.notBefore - startedAt;
  assert(waitedMs > 58_000 && waitedMs <= 60_000, `${waitedMs}`);
});

Deno.test("acme: these are the requests for one name", async () => {
  await using scene = await AcmeScene.start();
  const { infos } = await scene.started({ domains: ["a.test"] });
  await scene.until(() => infos.length === 2);
  assertEquals(scene.server.asked, [...FIRST, ...ONE_NAME, ...END]);
});

Deno.test("acme: a certificate that is due for renewal when it comes is used, and not ordered again at once", async () => {
  await using scene = await AcmeScene.start();
  scene.server.issueFrom = START - 80 * DAY_MS;
  const { certificates, warnings } = await scene.started({ domains: ["a.test"] });
  await scene.until(() => warnings.length === 3);
  assertEquals([certificates.length, scene.server.orders.length], [3, 3]);
  assertStringIncludes(warnings[0]!, "is due for renewal already: is this machine's clock right?;");
  assertStringIncludes(warnings[2]!, "next try in 4m");
});

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

Deno.test("acme: stop does not wait for an authority that does not answer", async () => {
  await using scene = await AcmeScene.start();
  scene.server.fail("newOrder", "hang");
  const { renewal, warnings } = await scene.started();
  await scene.until(() => scene.isHanging);
  await renewal.stop();
  assertEquals([warnings, renewal.status().isOrdering], [[], false]);
});

Deno.test("acme: the status tells what is in use, when it is renewed, and what failed", async () => {
  await using scene = await AcmeScene.start({ lifeMs: 6 * DAY_MS });
  const { renewal, infos, warnings, certificates } = await scene.started({ domains: ["a.test"] });
  const before = renewal.status();
  assertEquals([before.names, before.certificate, before.renewAt], [
    ["a.test"],
    undefined,
    undefined,
  ]);
  await scene.until(() => infos.length === 2);
  const { notBefore } = certificates[0]!;
  const renewAt = notBefore + 4 * DAY_MS;
  const [certificate] = certificates;
  assertEquals(renewal.status(), {
    names: ["a.test"],
    certificate,
    renewAt,
    isOrdering: false,
    problem: undefined,
  });
  scene.server.fail("directory", new Response("", { status: 502 }));
  await scene.until(() => warnings.length === 1);
  const { problem } = renewal.status();
  assertEquals(
    problem?.reason,
    "the authority did not show its directory: it answered with status 502",
  );
  const pauseMs = (problem?.retryAt ?? 0) - renewAt;
  assert(pauseMs >= 60_000 && pauseMs < 62_000, `${pauseMs}`);
  await scene.until(() => certificates.length === 2);
  await scene.until(() => renewal.status().problem === undefined);
});

Deno.test("acme: an account whose making was answered by nothing is the same one at the next attempt", async () => {
  await using scene = await AcmeScene.start();
  scene.server.fail("newAccount", () => new Response("", { status: 502 })); // made all the same
  const { certificates } = await scene.started();
  await scene.until(() => certificates.length === 1);
  assertEquals(scene.server.contacts.length, 1);
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

Deno.test("acme: a certificate in use whose file is gone is not replaced by one that covers less", async () => {
  await using scene = await AcmeScene.start();
  const { certificates, infos, warnings } = await scene.started();
  await scene.until(() => infos.length === 2);
  const [file] = Object.keys(await contentsOf(`${scene.folder}/acme/certificates`));
  await scene.pass(60_000);
  const lesser = await scene.started({ domains: ["a.test"] });
  await scene.until(() => lesser.infos.length === 2);
  await scene.server.stop();
  await Deno.remove(`${scene.folder}/acme/certificates/${file}`);
  await scene.until(() => warnings.length === 2);
  assertEquals(certificates.length, 1);
  scene.server.restart();
  await scene.until(() => certificates.length === 2);
});
