/** What goes wrong at the authority, what is asked for then, and what the log says. */
import { assert, assertEquals } from "@std/assert";
import { AcmeScene, START } from "../support/acme_scene.ts";
import { problem, problemOf } from "../support/acme_messages.ts";
import type { Fault, Step } from "../support/fake_acme_server.ts";
import { letters } from "../support/acme_steps.ts";

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

assertEquals(RIGHT.length, 10);
