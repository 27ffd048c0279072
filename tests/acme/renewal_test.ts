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
  const { problem } = second.renewal.status();
  assertStringIncludes(problem!.reason, "cannot be reached");
  assert(problem!.retryAt - startedAt <= 60_000, `${problem!.retryAt - startedAt}`);
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

Deno.test("acme: an order that loses its lock, as the disk is full, says that, and not that another one is under way", async () => {
  await using scene = await AcmeScene.start();
  scene.server.pollsUntilValidated = 20;
  let isFull = false;
  const open: typeof Deno.open = (path, options) =>
    isFull && options?.write
      ? Promise.reject(new Deno.errors.WriteZero("the disk is full"))
      : Deno.open(path, options);
  const { renewal, warnings, infos } = scene.balancer({ domains: ["a.test"] }, { ...Deno, open });
  await renewal.start();
  await scene.until(() =>
    scene.server.asked.at(-1) === "authorization" && scene.server.asked.length > 6
  );
  isFull = true;
  await scene.until(() => warnings.length + infos.length === 2);
  assertEquals(scene.server.asked.filter((what) => what === "challenge").length, 1);
  assertStringIncludes(
    warnings[0] ?? infos[1]!,
    "the store FOLDER/acme cannot be used: the disk is full",
  );
});
