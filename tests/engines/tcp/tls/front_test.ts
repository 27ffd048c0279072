/** TLS of clients, end to end: real sockets, and Deno's own TLS as the client. */
import { assertEquals, assertRejects } from "@std/assert";
import { certificateFor, connectSecurely, rsaKeys, served } from "../../../support/certificates.ts";
import { ScriptedBackend } from "../../../support/scripted_backend.ts";
import { balance, GET, LOCALHOST, openSecurely, TLS } from "../../../support/tls_front.ts";

Deno.test("TLS: requests on one connection are answered one after the other, and forwarded as https", async () => {
  await using backend = new ScriptedBackend("a");
  await using balancer = balance([backend.url]);
  using client = await openSecurely(balancer.port);
  for (let count = 0; count < 3; count++) {
    await client.send(GET);
    assertEquals((await client.response()).status, 200);
  }
  const schemes = backend.requests.map(({ fields }) =>
    fields.find(([name]) => name === "x-forwarded-proto")?.[1]
  );
  assertEquals(schemes, ["https", "https", "https"]);
});

Deno.test("TLS: what a client says of its scheme and address is not believed", async () => {
  await using backend = new ScriptedBackend("a");
  await using balancer = balance([backend.url]);
  using client = await openSecurely(balancer.port);
  const forged = [
    "X-Forwarded-Proto: http",
    "x_forwarded_proto: http",
    "X-Forwarded-For: 192.0.2.1",
    "Forwarded: proto=http",
  ];
  await client.send(GET.replace("\r\n\r\n", `\r\n${forged.join("\r\n")}\r\n\r\n`));
  assertEquals((await client.response()).status, 200);
  const said = backend.requests[0]!.fields.map(([name, value]) => `${name.toLowerCase()}: ${value}`)
    .filter((line) => /^(x.)?forwarded(?!.host)/.test(line));
  assertEquals(said, ["x-forwarded-for: 127.0.0.1", "x-forwarded-proto: https"]);
});

Deno.test("TLS: HTTP/1.1 is the protocol for clients that offer others as well", async () => {
  await using backend = new ScriptedBackend("a");
  await using balancer = balance([backend.url]);
  using client = await connectSecurely(balancer.port, "localhost", {
    alpnProtocols: ["h2", "http/1.1"],
  });
  assertEquals((await client.handshake()).alpnProtocol, "http/1.1");
  await assertRejects(
    () => connectSecurely(balancer.port, "localhost", { alpnProtocols: ["h2"] }),
    Error,
    "NoApplicationProtocol",
  );
});

Deno.test("TLS: the name that a client asks for chooses the certificate", async () => {
  const names = [["one.test"], ["*.two.test"]];
  const certificates = await Promise.all(
    names.map(async (names) => served(await certificateFor(names), names)),
  );
  await using backend = new ScriptedBackend("a");
  await using balancer = balance([backend.url], { tls: { ...TLS, certificates } });
  for (const name of ["one.test", "a.two.test"]) {
    using client = await openSecurely(balancer.port, name);
    await client.send(GET);
    assertEquals((await client.response()).status, 200);
  }
  await assertRejects(() => connectSecurely(balancer.port, "other.test"), Error, "certificate");
});

Deno.test("TLS: an RSA certificate is served", async () => {
  const rsa = served(await certificateFor(LOCALHOST, { keys: await rsaKeys() }), LOCALHOST);
  await using backend = new ScriptedBackend("a");
  await using balancer = balance([backend.url], { tls: { ...TLS, certificates: [rsa] } });
  using client = await openSecurely(balancer.port);
  await client.send(GET);
  assertEquals((await client.response()).status, 200);
});

Deno.test("TLS: a drain lets requests in flight finish, and then closes connections", async () => {
  const [asked, answer] = [Promise.withResolvers<void>(), Promise.withResolvers<Response>()];
  await using backend = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
    asked.resolve();
    return answer.promise;
  });
  await using balancer = balance([`http://127.0.0.1:${backend.addr.port}`]);
  using client = await openSecurely(balancer.port);
  using idle = await openSecurely(balancer.port);
  await client.send(GET);
  await asked.promise;
  const drained = balancer.engine.drain(5_000, 0);
  assertEquals(await idle.rest(), "");
  answer.resolve(new Response("done"));
  assertEquals((await client.response()).field("connection"), "close");
  assertEquals(await client.rest(), "");
  assertEquals(await drained, 0);
});

Deno.test("TLS: a reload changes the certificate for new connections, and keeps those that there are", async () => {
  await using backend = new ScriptedBackend("a");
  await using balancer = balance([backend.url]);
  using before = await openSecurely(balancer.port);
  const names = ["new.test"];
  const certificates = [served(await certificateFor(names), names)];
  balancer.changeTls({ ...TLS, certificates });
  using after = await openSecurely(balancer.port, "new.test");
  for (const client of [before, after]) {
    await client.send(GET);
    assertEquals((await client.response()).status, 200);
  }
  await assertRejects(() => connectSecurely(balancer.port), Error, "certificate");
});
