/** Attempts over which an authority goes away, takes its time or refuses names. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { AcmeScene, START } from "../support/acme_scene.ts";
import { letters } from "../support/acme_steps.ts";

Deno.test("acme: an outage of the connection in the middle, and what was under way goes on", async () => {
  await using scene = await AcmeScene.start();
  scene.server.pollsUntilValidated = 5;
  const { certificates, warnings } = await scene.started({ domains: ["a.test"] });
  await scene.until(() => scene.server.asked.includes("challenge"));
  await scene.server.stop();
  await scene.until(() => warnings.length === 3);
  assertStringIncludes(warnings[1]!, "cannot be reached: connection refused; there is none yet");
  scene.server.restart();
  await scene.until(() => certificates.length === 1);
  assertEquals(scene.server.orders.length, 1);
});

Deno.test("acme: an authority that comes back without its memory gets the same account and a new order", async () => {
  await using scene = await AcmeScene.start();
  scene.server.pollsUntilValidated = 5;
  const { certificates, warnings } = await scene.started({ domains: ["a.test"] });
  await scene.until(() => scene.server.asked.includes("challenge"));
  await scene.server.stop();
  await scene.until(() => warnings.length === 1);
  scene.server.restart(true);
  scene.server.pollsUntilValidated = 0;
  await scene.until(() => certificates.length === 1);
  assertEquals(letters(scene.server.asked).slice(-12), "oDNAoOacaofC");
});

Deno.test("acme: slow validation is asked about as the authority wants, and without end in sight again later", async () => {
  await using scene = await AcmeScene.start();
  scene.server.pollsUntilValidated = 8;
  scene.server.retryAfter = "60";
  const { certificates, warnings } = await scene.started({ domains: ["a.test"] });
  await scene.until(() => certificates.length === 1);
  assertEquals(warnings.map((text) => /directory: (.*); there is none/.exec(text)![1]), [
    "an authorization is not decided after 5 minutes",
  ]);
  // One challenge only: it is not answered a second time while the authority is at work.
  assertEquals(scene.server.asked.filter((step) => step === "challenge").length, 1);
  assertEquals(scene.server.orders.length, 1);
  const seconds = (certificates[0]!.notBefore - START) / 1_000;
  assert(seconds >= 360 && seconds < 362, `${seconds}`);
});

Deno.test("acme: slow issuing is waited for", async () => {
  await using scene = await AcmeScene.start();
  scene.server.pollsUntilIssued = 6;
  const { infos } = await scene.started({ domains: ["a.test"] });
  await scene.until(() => infos.length === 2);
  assertEquals(letters(scene.server.asked), `DNAOacaof${"o".repeat(6)}C`);
});

Deno.test("acme: names that are not validated are all named", async () => {
  await using scene = await AcmeScene.start();
  const names = ["a.test", "b.test", "c.test"];
  const wrong = names.slice(0, 2).map((value) => (): Response =>
    Response.json({
      status: "invalid",
      identifier: { type: "dns", value },
      challenges: [],
    })
  );
  scene.server.fail(
    "authorization",
    (right) => right,
    (right) => right,
    (right) => right,
    ...wrong,
  );
  const { warnings } = await scene.started({ domains: names });
  await scene.until(() => warnings.length === 1);
  assertStringIncludes(
    warnings[0]!,
    "a.test was not validated: its authorization became invalid; " +
      "b.test was not validated: its authorization became invalid; there is none yet",
  );
});

Deno.test("acme: a directory that nobody vouches for says so at once, and directoryCa makes it known", async () => {
  const { AUTHORITY, certificateFor } = await import("../support/certificates.ts");
  const { cert, key } = await certificateFor(["127.0.0.1"]);
  await using scene = await AcmeScene.start();
  const options = { hostname: "127.0.0.1", port: 0, cert, key, onListen() {} };
  const seen: string[] = [];
  await using server = Deno.serve(options, (request) => {
    seen.push(request.url);
    return new Response("no directory");
  });
  const directory = `https://127.0.0.1:${server.addr.port}/directory`;
  const warned = async (directoryCa: string | undefined) => {
    const { warnings, renewal } = await scene.started({ directory, directoryCa });
    await scene.until(() => warnings.length === 1);
    await renewal.stop();
    return warnings[0]!;
  };
  assertStringIncludes(await warned(undefined), "invalid peer certificate: UnknownIssuer");
  assertEquals(seen, []);
  await scene.pass(61_000);
  assertStringIncludes(await warned(AUTHORITY.cert), "something else than a directory");
  assertEquals(seen.length, 1);
});
