/** Handshakes that do not come to their end. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { MAX_HELLO_BYTES } from "../../../../lib/tls/client_hello.ts";
import { connectSecurely } from "../../../support/certificates.ts";
import { Dialogue } from "../../../support/raw_client.ts";
import { ScriptedBackend, writeAll } from "../../../support/scripted_backend.ts";
import { balance, GET, openSecurely } from "../../../support/tls_front.ts";

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

/** Passes one connection on. @param toServer passes what the client has sent */
async function relayTo(port: number, toServer: (bytes: Uint8Array) => Promise<void>) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const server = await Deno.connect({ hostname: "127.0.0.1", port });
  server.setNoDelay(true);
  const relaying = (async () => {
    const client = await listener.accept();
    const answers = server.readable.pipeTo(client.writable).catch(() => {});
    for await (const bytes of client.readable) await toServer(bytes).catch(() => {});
    close(server);
    await answers;
  })().catch(() => {});
  return {
    port: listener.addr.port,
    server,
    async [Symbol.asyncDispose]() {
      listener.close();
      await relaying;
      close(server);
    },
  };
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error; // it is closed already
  }
}

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
    assertEquals(tookMs >= 200 && tookMs < 4_500, true, `${tookMs} ms`);
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

Deno.test("TLS: a handshake and a request may come byte by byte", async () => {
  await using backend = new ScriptedBackend("a");
  await using balancer = balance([backend.url]);
  let pieces = 0;
  await using relay = await relayTo(balancer.port, async (bytes) => {
    for (const byte of bytes) {
      await relay.server.write(Uint8Array.of(byte));
      pieces++;
    }
  });
  using client = await openSecurely(relay.port);
  await client.send(GET);
  assertEquals((await client.response()).status, 200);
  assertEquals(pieces > HELLO.length, true, `${pieces} pieces`);
});

Deno.test("TLS: garbage after the handshake ends its connection, and no other", async () => {
  await using backend = new ScriptedBackend("a");
  await using balancer = balance([backend.url]);
  await using relay = await relayTo(balancer.port, async (bytes) => {
    await writeAll(relay.server, bytes);
  });
  using other = await openSecurely(balancer.port);
  using client = await openSecurely(relay.port);
  await client.send(GET);
  assertEquals((await client.response()).status, 200);
  await relay.server.write(crypto.getRandomValues(new Uint8Array(500)));
  await client.rest().catch(() => {}); // an alert, as this client sees it, or the end
  await other.send(GET);
  assertEquals((await other.response()).status, 200);
  assertEquals(backend.requests.length, 2);
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
