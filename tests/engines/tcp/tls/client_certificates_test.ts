/** Client certificates, end to end: whole handshakes and sessions that are resumed. */
import { assertEquals, assertRejects } from "@std/assert";
import { connect } from "node:tls";
import { issue, type Issued } from "../../../../lib/tls/issue.ts";
import { balance as balanceWith } from "../../../support/balancer.ts";
import { AUTHORITY, connectSecurely, VALID } from "../../../support/certificates.ts";
import { Dialogue } from "../../../support/raw_client.ts";
import { ScriptedBackend } from "../../../support/scripted_backend.ts";
import { specialCertificate } from "../../../support/special_certificate.ts";
import {
  ALICE,
  asking,
  balance,
  below,
  clientCerts,
  DAY_MS,
  employee,
  MIDDLE,
  OPTIONAL,
  OTHER,
  REQUIRED,
  Resumptions,
  valueFor,
  Visitor,
} from "../../../support/client_identities.ts";
import { GET } from "../../../support/tls_front.ts";

for (
  const [what, make] of [
    ["of the authority", () => employee()],
    ["below another authority, which is sent", () => below(MIDDLE)],
    ["without extended key usage", () => employee({ purposes: [] })],
    ["for clients only", () => employee({ purposes: ["clients"] })],
  ] as const
) {
  Deno.test(`client certificates: one ${what} counts, also when its session is resumed`, async () => {
    const identity = await make();
    await using backend = new ScriptedBackend("a");
    await using balancer = balance(backend, REQUIRED);
    using visitor = new Visitor(identity);
    using resumptions = new Resumptions();
    for (let count = 0; count < 3; count++) {
      assertEquals(await visitor.visit(balancer.port), 200);
    }
    assertEquals(resumptions.all, [false, true, true]);
    assertEquals(clientCerts(backend), Array(3).fill(valueFor(identity)));
  });
}

Deno.test("client certificates: each request of a connection is forwarded with it", async () => {
  await using backend = new ScriptedBackend("a");
  await using balancer = balance(backend, REQUIRED);
  const { cert, key } = ALICE;
  using client = new Dialogue(await connectTls(balancer.port, { cert, key }));
  for (const head of [GET, GET.replace("\r\n\r\n", "\r\nClient-Cert: :AAAA:\r\n\r\n"), GET]) {
    await client.send(head);
    assertEquals((await client.response()).status, 200);
  }
  assertEquals(clientCerts(backend), Array(3).fill(valueFor(ALICE)));
});

/** Connects with a certificate: startTls has none. */
async function connectTls(port: number, identity: Pick<Issued, "cert" | "key">) {
  const caCerts = [AUTHORITY.cert];
  return await Deno.connectTls({ hostname: "localhost", port, caCerts, ...identity });
}

const REFUSED: readonly (readonly [what: string, make: () => Promise<Issued>])[] = [
  [
    "that has expired",
    () => employee({ from: Date.now() - 2 * DAY_MS, until: Date.now() - DAY_MS }),
  ],
  ["that is not valid yet", () => employee({ from: Date.now() + DAY_MS / 2, until: VALID.until })],
  ["of another authority with the same name", () => employee({ issuer: OTHER })],
  ["that signs itself, with the authority's name", () => issue({ ...VALID, names: ["Staff CA"] })],
  ["for servers only", () => employee({ purposes: ["servers"] })],
  ["below another authority, which is not sent", () => employee({ issuer: MIDDLE })],
  ["below a leaf", async () => below(await employee())],
];

for (const [what, make] of REFUSED) {
  for (const [how, tls] of [["required", REQUIRED], ["optional", OPTIONAL]] as const) {
    Deno.test(`client certificates: one ${what} is refused where one is ${how}`, async () => {
      await using backend = new ScriptedBackend("a");
      await using balancer = balance(backend, tls);
      using visitor = new Visitor(await make());
      for (let count = 0; count < 4; count++) { // the client may have got tickets
        assertEquals(await visitor.visit(balancer.port), undefined);
      }
      assertEquals(backend.connections, 0);
    });
  }
}

Deno.test("client certificates: a client without one is refused where one is required", async () => {
  await using backend = new ScriptedBackend("a");
  await using balancer = balance(backend, REQUIRED);
  using client = await connectSecurely(balancer.port);
  await assertRejects(() => client.read(new Uint8Array(1)), Error, "CertificateRequired");
  assertEquals(backend.connections, 0);
});

Deno.test("client certificates: a client without one is served without Client-Cert where one is optional", async () => {
  await using backend = new ScriptedBackend("a");
  await using balancer = balance(backend, OPTIONAL);
  using visitor = new Visitor();
  for (let count = 0; count < 2; count++) {
    const headers = { "Client-Cert": ":AAAA:", "Client_Cert": ":AAAA:", "Client-Cert-Chain": "x" };
    assertEquals(await visitor.visit(balancer.port, { headers }), 200);
  }
  assertEquals(clientCerts(backend), [undefined, undefined]);
});

Deno.test("client certificates: a change of the authority closes idle connections, others after their request", async () => {
  const [asked, answer] = [Promise.withResolvers<void>(), Promise.withResolvers<Response>()];
  await using backend = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
    asked.resolve();
    return answer.promise;
  });
  const url = `http://127.0.0.1:${backend.addr.port}`;
  await using balancer = balanceWith([url], { engine: "tcp", tls: REQUIRED });
  using idle = new Dialogue(await connectTls(balancer.port, ALICE));
  using busy = new Dialogue(await connectTls(balancer.port, ALICE));
  await busy.send(GET);
  await asked.promise;
  balancer.changeTls({ ...REQUIRED, hstsSeconds: 60 }); // nothing of the authority
  balancer.changeTls(asking(true, OTHER));
  assertEquals(await idle.rest(), "");
  await busy.send(GET); // it is not served any more
  answer.resolve(new Response("done"));
  const response = await busy.response();
  assertEquals([response.status, response.field("connection")], [200, "close"]);
  assertEquals(await busy.rest(), "");
});

Deno.test("client certificates: a large one is forwarded beside the largest head", async () => {
  const names = Array.from({ length: 150 }, (_, index) => `${index}.${"long".repeat(10)}.test`);
  const identity = await employee({ names });
  await using backend = new ScriptedBackend("a");
  await using balancer = balance(backend, REQUIRED, { maxHeaderSize: 16 * 1024 });
  using client = new Dialogue(await connectTls(balancer.port, identity));
  for (const connection of ["", "Connection: x-a\r\nX-A: b\r\n"]) { // lines as bytes, and by the rules
    const fields = `${connection}X-Filler: `;
    const length = 16 * 1024 - GET.length - fields.length - 2;
    await client.send(GET.replace("\r\n\r\n", `\r\n${fields}${"a".repeat(length)}\r\n\r\n`));
    assertEquals((await client.response()).status, 200);
  }
  assertEquals(clientCerts(backend), Array(2).fill(valueFor(identity)));
  assertEquals(valueFor(identity).length > 8 * 1024, true);
});

Deno.test("client certificates: an authority of version 1, whose key node:tls does not ask for, proves nothing", async () => {
  const old = await specialCertificate(undefined, { ...VALID, subject: "Old CA", extensions: [] });
  await using backend = new ScriptedBackend("a");
  await using balancer = balance(backend, asking(true, old)); // a configuration with it is refused
  const options = { host: "127.0.0.1", servername: "localhost", ca: [AUTHORITY.cert] };
  const identity = { cert: old.cert, key: ALICE.key };
  const closed = Promise.withResolvers<void>();
  const client = connect(
    { ...options, ...identity, port: balancer.port },
    () => client.write(GET),
  );
  client.on("error", () => {}); // it is closed in the middle
  client.on("data", () => client.destroy()); // it was served
  client.on("close", () => closed.resolve());
  await closed.promise;
  assertEquals(backend.connections, 0);
});
