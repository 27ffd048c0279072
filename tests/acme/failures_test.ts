/** What goes wrong at the authority, what is asked for then, and what the log says. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { issue } from "../../lib/tls/issue.ts";
import { AcmeScene, DAY_MS, START } from "../support/acme_scene.ts";
import { type Fault, problem, problemOf, type Step } from "../support/fake_acme_server.ts";

const SHORT: Readonly<Record<string, Step>> = {
  D: "directory",
  N: "newNonce",
  A: "newAccount",
  O: "newOrder",
  a: "authorization",
  c: "challenge",
  o: "order",
  f: "finalize",
  C: "certificate",
};

/** The first letters of what was asked for. */
function letters(steps: readonly Step[]): string {
  return steps.map((step) => Object.keys(SHORT).find((letter) => SHORT[letter] === step)).join("");
}

/** Without any fault, for one name. */
const RIGHT = "DNAOacaofC";

interface Case {
  readonly name: string;
  readonly step: Step;
  readonly faults: () => Fault[];
  /** What is asked for until there is a certificate; a space is a new attempt. */
  readonly asked: string;
  /** What the warnings say between the directory's URL and what is in use. */
  readonly warnings?: readonly string[];
  /** How long after the last request of the first attempt the second one begins, in seconds. */
  readonly after?: number;
}

const times = (count: number, fault: () => Fault) => () => Array.from({ length: count }, fault);
const text = (body: string, status = 200) => () => [new Response(body, { status })];
const json = (value: unknown, status = 200) => text(JSON.stringify(value), status);
const redirect = (location: string) => () =>
  new Response(null, { status: 302, headers: { location } });

const CASES: readonly Case[] = [
  {
    name: "a nonce is rejected",
    step: "newOrder",
    faults: times(1, () => "badNonce"),
    asked: "DNAOOacaofC",
  },
  {
    name: "nineteen nonces are rejected in a row, and the nonce of each error is used",
    step: "finalize",
    faults: times(19, () => "badNonce"),
    asked: `DNAOacao${"f".repeat(20)}C`,
  },
  {
    name: "all nonces are rejected",
    step: "newAccount",
    faults: times(20, () => "badNonce"),
    asked: `DN${"A".repeat(20)} DNAOacaofC`,
    warnings: ["the authority did not make an account: it rejected 20 nonces in a row"],
  },
  {
    name: "an order is rejected, with subproblems",
    step: "newOrder",
    faults: json(
      problemOf("rejectedIdentifier", "Error creating new order", {
        subproblems: [
          problemOf("caa", "CAA record forbids issuance", {
            identifier: { type: "dns", value: "a.test" },
          }),
        ],
      }),
      403,
    ),
    asked: "DNAO DNOacaofC",
    warnings: [
      "the authority did not take an order: it says: Error creating new order " +
      "(rejectedIdentifier); a.test: CAA record forbids issuance (caa)",
    ],
  },
  {
    name: "a rate limit is reached, until a time in seconds",
    step: "newOrder",
    faults: () => [
      problem(429, "rateLimited", "too many certificates", { "retry-after": "3000" }),
    ],
    asked: "DNAO DNOacaofC",
    warnings: [
      "the authority did not take an order: it says: too many certificates (rateLimited)",
    ],
    after: 3_000,
  },
  {
    name: "a rate limit is reached, until a date",
    step: "finalize",
    faults: () => [
      problem(403, "rateLimited", "slowly", {
        "retry-after": new Date(START + 3_600_000).toUTCString(),
      }),
    ],
    asked: "DNAOacaof DNofC",
    warnings: ["the authority did not finish the order: it says: slowly (rateLimited)"],
    after: 3_600,
  },
  {
    name: "it is overloaded, and says for how long",
    step: "directory",
    faults: () => [new Response("busy", { status: 503, headers: { "retry-after": "600" } })],
    asked: "D DNAOacaofC",
    warnings: ["the authority did not show its directory: it answered with status 503"],
    after: 600,
  },
  {
    name: "it never answers",
    step: "newOrder",
    faults: () => ["hang"],
    asked: "DNAO DNOacaofC",
    warnings: ["http://127.0.0.1:PORT/newOrder did not answer within 30s"],
    after: 90,
  },
  {
    name: "the order becomes invalid when it is finished",
    step: "finalize",
    faults: json({
      status: "invalid",
      authorizations: [],
      finalize: "/finalize/0",
      error: problemOf("serverInternal", "Error finalizing order"),
    }),
    asked: "DNAOacaof DNOacaofC",
    warnings: [
      "the order became invalid: it says: Error finalizing order (serverInternal)",
    ],
  },
  {
    name: "an authorization becomes invalid",
    step: "authorization",
    faults: () => [
      (right) => right,
      Response.json({
        status: "invalid",
        identifier: { type: "dns", value: "a.test" },
        challenges: [{
          type: "http-01",
          url: "/challenge/0",
          status: "invalid",
          error: problemOf("connection", "192.0.2.1: Fetching http://a.test/: \n timeout"),
        }],
      }),
    ],
    asked: "DNAOaca DNOacaofC",
    warnings: [
      "a.test was not validated: the authority says: 192.0.2.1: Fetching http://a.test/: timeout (connection)",
    ],
  },
  {
    name: "it offers no http-01",
    step: "authorization",
    faults: json({
      status: "pending",
      identifier: { type: "dns", value: "a.test" },
      challenges: [{ type: "dns-01", url: "/challenge/0", status: "pending", token: "x" }],
    }),
    asked: "DNAOa DNOacaofC",
    warnings: ['the authority does not offer http-01 for a.test, only "dns-01"'],
  },
  {
    name: "a token is a path",
    step: "authorization",
    faults: json({
      status: "pending",
      identifier: { type: "dns", value: "a.test" },
      challenges: [{
        type: "http-01",
        url: "/challenge/0",
        status: "pending",
        token: "../../accounts/owned",
      }],
    }),
    asked: "DNAOa DNoacaofC",
    warnings: ["the authority sent a challenge for a.test without a valid token"],
  },
  {
    name: "the account is not known any more",
    step: "newOrder",
    faults: () => [problem(400, "accountDoesNotExist", "who?")],
    asked: "DNAODNAOacaofC",
  },
  {
    name: "the directory is no JSON",
    step: "directory",
    faults: text("<html>It works!</html>"),
    asked: "D DNAOacaofC",
    warnings: [
      "the authority sent something else than a directory: the whole: Invalid input: expected object, received undefined",
    ],
  },
  {
    name: "the directory redirects",
    step: "directory",
    faults: times(2, redirect("/directory")),
    asked: "DDDNAOacaofC",
  },
  {
    name: "the directory redirects without end",
    step: "directory",
    faults: times(4, redirect("/directory")),
    asked: "DDDD DNAOacaofC",
    warnings: [
      "http://127.0.0.1:PORT/directory redirects to /directory, which is not followed",
    ],
  },
  {
    name: "a signed message is redirected",
    step: "newOrder",
    faults: times(1, redirect("/order")),
    asked: "DNAO DNOacaofC",
    warnings: ["http://127.0.0.1:PORT/newOrder redirects to /order, which is not followed"],
  },
  {
    name: "an order lacks its parts",
    step: "newOrder",
    faults: json({ status: "pending" }, 201),
    asked: "DNAO DNOacaofC",
    warnings: [
      "the authority sent something else than an order: authorizations: Invalid input: expected array, received undefined",
    ],
  },
  {
    name: "an answer never ends",
    step: "certificate",
    faults: text("x".repeat(300_000)),
    asked: "DNAOacaofC DNoC",
    warnings: ["http://127.0.0.1:PORT/certificate/0 answered with more than 262144 bytes"],
  },
  {
    name: "an error is one of a proxy in between",
    step: "order",
    faults: text("<html>Forbidden</html>", 403),
    asked: "DNAOacao DNofC",
    warnings: ["the authority did not show the order: it answered with status 403"],
  },
  {
    name: "the certificate is none",
    step: "certificate",
    faults: text("-----BEGIN NOTHING-----"),
    asked: "DNAOacaofC DNOacaofC",
    warnings: ["the certificate that came is not used: it is no certificate in PEM"],
  },
];

// Each step can begin again: whatever breaks off, the order goes on.
const AGAIN: Partial<Record<Step, string>> = {
  directory: "D DNAOacaofC",
  newNonce: "DN DNAOacaofC",
  newAccount: "DNA DNAOacaofC",
  newOrder: "DNAO DNOacaofC",
  authorization: "DNAOa DNoacaofC",
  challenge: "DNAOac DNoacaofC",
  order: "DNAOacao DNofC",
  finalize: "DNAOacaof DNofC",
  certificate: "DNAOacaofC DNoC",
};

for (const [step, asked] of Object.entries(AGAIN)) {
  test({ name: `an outage at ${step}`, step: step as Step, faults: text("", 500), asked });
}
for (const item of CASES) test(item);

function test({ name, step, faults, asked, warnings, after = 60 }: Case): void {
  Deno.test(`acme: ${name}: ${asked}`, async () => {
    await using scene = await AcmeScene.start();
    scene.server.fail(step, ...faults());
    const balancer = await scene.started({ domains: ["a.test"] });
    await scene.until(() => balancer.infos.at(-1)?.startsWith("there is a new") === true);
    assertEquals(letters(scene.server.asked), asked.replaceAll(" ", ""));
    assertEquals(balancer.certificates.length, 1);
    assertEquals(balancer.warnings.length, asked.split(" ").length - 1);
    const said = balancer.warnings.map((text) => /directory: (.*); there is none/.exec(text)![1]);
    if (warnings !== undefined) assertEquals(said, warnings);
    if (!asked.includes(" ")) return;
    const { askedAt } = scene.server;
    const first = asked.indexOf(" ");
    const seconds = (askedAt[first]! - askedAt[first - 1]!) / 1_000;
    assert(seconds >= after && seconds <= after + 0.2, `after ${seconds}s`);
  });
}

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

const WRONG: Readonly<
  Record<string, (scene: AcmeScene, chain: string) => Promise<string> | string>
> = {
  "it does not cover a.test": async (scene) =>
    (await issue({
      names: ["b.test"],
      from: START,
      until: START + 1e9,
      issuer: scene.server.authority,
    }))
      .cert,
  "it is for another key": async (scene) =>
    (await issue({
      names: ["a.test"],
      from: START,
      until: START + 1e9,
      issuer: scene.server.authority,
    }))
      .cert,
  "certificate 2 of its chain did not issue the one before": async (_, chain) => {
    const other = await issue({ names: ["x"], from: START, until: START + 1e9, isAuthority: true });
    return chain.replace(/(?<=END CERTIFICATE-----\n)[\s\S]+/, other.cert);
  },
  "certificate 1 of its chain cannot be read": (_, chain) => chain.replace("MII", "AAA"),
  "its chain has 12 certificates": (_, chain) => chain.repeat(6),
};

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

assertEquals(RIGHT.length, 10);
