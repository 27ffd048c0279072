/** TLS of clients, end to end: real sockets, and Deno's own TLS as the client. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { MAX_HELLO_BYTES } from "../../../../lib/tls/client_hello.ts";
import { balance as balanceWith, type TestOptions } from "../../../support/balancer.ts";
import {
  AUTHORITY,
  certificateFor,
  connectSecurely,
  LOCALHOST_TLS,
  rsaKeys,
  served,
} from "../../../support/certificates.ts";
import { Dialogue } from "../../../support/raw_client.ts";
import { ScriptedBackend } from "../../../support/scripted_backend.ts";

const LOCALHOST = ["localhost"];
const TLS = LOCALHOST_TLS;
const GET = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

function balance(urls: readonly string[], options: TestOptions = {}) {
  return balanceWith(urls, { tls: TLS, ...options, engine: "tcp" });
}

async function openSecurely(port: number, serverName?: string): Promise<Dialogue> {
  return new Dialogue(await connectSecurely(port, serverName));
}

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

Deno.test("TLS: bodies of megabytes pass whole, in both directions", async () => {
  const bytes = crypto.getRandomValues(new Uint8Array(64 * 1024));
  const body = new Uint8Array(4 * 1024 * 1024).map((_, index) => bytes[index % bytes.length]!);
  await using backend = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => new Response(request.body),
  );
  await using balancer = balance([`http://127.0.0.1:${backend.addr.port}`]);
  using client = Deno.createHttpClient({ caCerts: [AUTHORITY.cert] });
  const url = `https://localhost:${balancer.port}/`;
  const response = await fetch(url, { client, method: "POST", body });
  assertEquals(new Uint8Array(await response.arrayBuffer()), body);
});

Deno.test("TLS: a client that reads slowly gets all of a body, and is not buffered for without a limit", async () => {
  const size = 32 * 1024 * 1024;
  let sent = 0;
  await using backend = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
    const pieces = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull(controller) {
        if (sent === size) return controller.close();
        controller.enqueue(new Uint8Array(64 * 1024));
        sent += 64 * 1024;
      },
    });
    return new Response(pieces, { headers: { "content-length": String(size) } });
  });
  await using balancer = balance([`http://127.0.0.1:${backend.addr.port}`]);
  using client = await connectSecurely(balancer.port);
  await client.write(new TextEncoder().encode(GET));
  let before = -1;
  while (sent !== before) { // until nothing moves any more
    before = sent;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  assertEquals(sent < size, true, `${sent} bytes were taken from the backend`);
  const buffer = new Uint8Array(256 * 1024);
  let received = 0;
  while (received < size) received += (await client.read(buffer))!;
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

/** What a client sends first. */
async function captureHello(): Promise<Uint8Array<ArrayBuffer>> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connecting = connectSecurely(listener.addr.port).catch(() => {}); // nobody answers it
  const connection = await listener.accept();
  const bytes = new Uint8Array(MAX_HELLO_BYTES);
  const size = await connection.read(bytes);
  connection.close();
  await connecting;
  return bytes.slice(0, size!);
}

const HELLO = await captureHello();

for (
  const [what, bytes] of [
    ["nothing", new Uint8Array()],
    ["half a hello", HELLO.slice(0, 60)],
    ["a hello and nothing more", HELLO],
  ] as const
) {
  Deno.test(`TLS: a client that sends ${what} is closed after timeouts.handshake`, async () => {
    await using backend = new ScriptedBackend("a");
    await using balancer = balance([backend.url], { handshakeTimeout: 200 });
    const startedAt = performance.now();
    using client = await Dialogue.open(balancer.port);
    if (bytes.length > 0) await client.send(bytes);
    await client.rest();
    const tookMs = performance.now() - startedAt;
    assertEquals(tookMs >= 200 && tookMs < 2_000, true, `${tookMs} ms`);
    assertEquals(backend.connections, 0);
  });
}

for (
  const [what, bytes] of [
    ["random bytes", crypto.getRandomValues(new Uint8Array(500)).map((byte) => byte | 0x80)],
    ["a record of another kind", new Uint8Array([23, 3, 3, 0, 2, 1, 2])],
    ["a hello with a cut name", HELLO.map((byte, index) => index > 100 ? 0xff : byte)],
  ] as const
) {
  Deno.test(`TLS: a client that sends ${what} is closed at once`, async () => {
    await using backend = new ScriptedBackend("a");
    await using balancer = balance([backend.url], { handshakeTimeout: 60_000 });
    using client = await Dialogue.open(balancer.port);
    await client.send(bytes);
    assertEquals((await client.rest()).length < 20, true); // an alert at most
    assertEquals(backend.connections, 0);
  });
}

Deno.test("TLS: a client that speaks HTTP without it learns what is wrong", async () => {
  await using backend = new ScriptedBackend("a");
  await using balancer = balance([backend.url]);
  using client = await Dialogue.open(balancer.port);
  await client.send(GET);
  const response = await client.response();
  assertEquals(response.status, 400);
  assertStringIncludes(new TextDecoder().decode(response.body), "https");
  assertEquals(backend.connections, 0);
});

Deno.test("TLS: above limits.handshakes the oldest of those under way is given up", async () => {
  await using backend = new ScriptedBackend("a");
  await using balancer = balance([backend.url], { maxHandshakes: 2, handshakeTimeout: 60_000 });
  using first = await Dialogue.open(balancer.port);
  using second = await Dialogue.open(balancer.port);
  for (let count = 0; count < 3; count++) {
    using client = await openSecurely(balancer.port);
    await client.send(GET);
    assertEquals((await client.response()).status, 200);
    if (count === 0) assertEquals(await first.rest(), "");
  }
  await second.send(HELLO.slice(0, 10)); // it is still there
  using third = await Dialogue.open(balancer.port);
  using fourth = await Dialogue.open(balancer.port);
  assertEquals(await second.rest(), "");
  void [third, fourth];
});

Deno.test("TLS: a client that half-closes gets its response", async () => {
  await using backend = new ScriptedBackend("a");
  await using balancer = balance([backend.url]);
  using client = await openSecurely(balancer.port);
  await client.send(GET.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"));
  await client.closeWrite();
  assertEquals((await client.response()).status, 200);
  assertEquals(await client.rest(), "");
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
