/** TLS to servers: who is believed, what failures are called, and that nothing is left of them. */
import { assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { type Address, dial } from "../../../lib/net/dial.ts";
import type { Connection } from "../../../lib/net/connection.ts";
import { type Failed, formatFailure } from "../../../lib/outcome.ts";
import { startClock } from "../../../lib/time/clock.ts";
import { issue } from "../../../lib/tls/issue.ts";
import { AUTHORITY, certificateFor, VALID } from "../../support/certificates.ts";
import { SecureBackend } from "../../support/secure_backend.ts";
import { assertAbout, timed } from "../../support/timing.ts";

const DAY_MS = 86_400_000;
const TRUSTED = { ca: AUTHORITY.cert, verify: true };
const OTHER_AUTHORITY = await issue({ ...VALID, names: ["Other CA"], isAuthority: true });
const GOOD = await certificateFor(["app.internal", "127.0.0.1"]);

function addressAt(port: number, tls: Address["tls"]): Address {
  return { secure: true, hostname: "127.0.0.1", port, tls };
}

async function dialOnce(address: Address, timeout = 5_000): Promise<Connection | Failed> {
  using clock = startClock();
  return await dial(address, clock.wheel, timeout);
}

/** What the log says; `connected` if there is a connection. */
async function resultOf(address: Address, timeout?: number): Promise<string> {
  const result = await dialOnce(address, timeout);
  if ("kind" in result) return formatFailure(result);
  result.close();
  return "connected";
}

for (
  const [what, certificate, tls, expected] of [
    ["is right for its name", GOOD, { ...TRUSTED, serverName: "app.internal" }, "connected"],
    ["is right for its address", GOOD, TRUSTED, "connected"],
    [
      "is for another name",
      GOOD,
      { ...TRUSTED, serverName: "other.internal" },
      "tls_certificate_error: the certificate is not for other.internal",
    ],
    [
      "is not for its address",
      await certificateFor(["app.internal"]),
      TRUSTED,
      "tls_certificate_error: the certificate is not for 127.0.0.1",
    ],
    [
      "is of another authority",
      GOOD,
      { ca: OTHER_AUTHORITY.cert, verify: true },
      "tls_certificate_error: the certificate is of an unknown authority",
    ],
    [
      "is of an authority that Deno does not trust",
      GOOD,
      undefined,
      "tls_certificate_error: the certificate is of an unknown authority",
    ],
    [
      "signs itself",
      await issue({ ...VALID, names: ["127.0.0.1"] }),
      TRUSTED,
      "tls_certificate_error: the certificate is of an unknown authority",
    ],
    [
      "has expired",
      await certificateFor(["127.0.0.1"], {
        from: Date.UTC(2020, 0, 1),
        until: Date.UTC(2020, 1, 1),
      }),
      TRUSTED,
      "tls_certificate_error: the certificate expired on 2020-02-01",
    ],
    [
      "is not valid yet",
      await certificateFor(["127.0.0.1"], {
        from: Date.UTC(2200, 0, 1),
        until: Date.now() + 100_000 * DAY_MS,
      }),
      TRUSTED,
      "tls_certificate_error: the certificate is valid only from 2200-01-01 on",
    ],
    ["is not checked", GOOD, { verify: false, serverName: "other.internal" }, "connected"],
  ] as const
) {
  Deno.test(`TLS to servers: a certificate that ${what}: ${expected}`, async () => {
    await using backend = await SecureBackend.start(certificate);
    assertEquals(await resultOf(addressAt(backend.port, tls)), expected);
  });
}

Deno.test("TLS to servers: a certificate of several authorities in one file is believed if one of them issued it", async () => {
  await using backend = await SecureBackend.start(GOOD);
  const ca = `${OTHER_AUTHORITY.cert}\n${AUTHORITY.cert}`;
  assertEquals(await resultOf(addressAt(backend.port, { ca, verify: true })), "connected");
});

/** A server that does something else than TLS with each connection, until that has ended. */
function otherServer(serve: (connection: Deno.Conn) => Promise<void>) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Map<Deno.Conn, Promise<void>>();
  const accepting = (async () => {
    for await (const connection of listener) {
      const serving = serve(connection).catch(() => {}) // a reset is an end as well
        .finally(() => open.delete(connection) && connection.close());
      open.set(connection, serving);
    }
  })();
  return {
    port: listener.addr.port,
    /** Resolves once all its connections have ended. */
    ended: async () => void await Promise.all(open.values()),
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting;
      for (const connection of open.keys()) connection.close();
      open.clear();
    },
  };
}

/** Reads until the client closes. */
async function readAll(connection: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(4_096);
  while (await connection.read(buffer) !== null);
}

Deno.test("TLS to servers: one that says nothing is given up in time, and its sockets are freed at once", async () => {
  await using server = otherServer(readAll);
  const address = addressAt(server.port, TRUSTED);
  const count = 20;
  const [results, took] = await timed(() =>
    Promise.all(Array.from({ length: count }, () => resultOf(address, 300)))
  );
  assertEquals(new Set(results), new Set(["connection_timeout: no connection within 300 ms"]));
  assertAbout(took, 300);
  await deadline(server.ended(), 5_000);
});

Deno.test("TLS to servers: one that speaks HTTP without it is tls_protocol_error", async () => {
  await using server = otherServer(async (connection) => {
    await connection.read(new Uint8Array(4_096));
    await connection.write(new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n"));
    await readAll(connection);
  });
  assertEquals(
    await resultOf(addressAt(server.port, TRUSTED)),
    "tls_protocol_error: received corrupt message of type InvalidContentType",
  );
  await server.ended();
});

Deno.test("TLS to servers: one that closes during the handshake is tls_protocol_error", async () => {
  await using server = otherServer(async (connection) => {
    await connection.read(new Uint8Array(4_096));
  });
  assertEquals(
    await resultOf(addressAt(server.port, TRUSTED)),
    "tls_protocol_error: the server closed the connection during the TLS handshake",
  );
});

Deno.test("TLS to servers: bytes pass both ways, and the end of one side is no end of the other", async () => {
  const received: string[] = [];
  const { cert, key } = GOOD;
  using listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert, key });
  const serving = (async () => {
    using connection = await listener.accept();
    const buffer = new Uint8Array(64 * 1024);
    for (let size; (size = await connection.read(buffer)) !== null;) {
      received.push(new TextDecoder().decode(buffer.subarray(0, size)));
    }
    await connection.write(new TextEncoder().encode("bye"));
    await connection.closeWrite();
  })();
  const connection = await dialOnce(addressAt(listener.addr.port, TRUSTED));
  if ("kind" in connection) throw new Error(formatFailure(connection));
  const sent = "x".repeat(100_000);
  let bytes = new TextEncoder().encode(sent);
  while (bytes.length > 0) bytes = bytes.subarray(await connection.write(bytes));
  await connection.closeWrite();
  const buffer = new Uint8Array(100);
  assertEquals(await connection.read(buffer), 3);
  await serving;
  assertEquals(received.join(""), sent);
  connection.close();
});

Deno.test("TLS to servers: Deno.startTls still leaves sockets of handshakes that are given up", async () => {
  const ended: string[] = [];
  await using server = otherServer(async (connection) => {
    await readAll(connection).then(() => ended.push("closed"), () => ended.push("reset"));
  });
  // Once this fails, Deno.startTls can be tried again: it costs less.
  const raw = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  const connection = await Deno.startTls(raw, { hostname: "app.internal" });
  const handshake = connection.handshake().catch(() => {});
  connection.close();
  await handshake;
  await new Promise((resolve) => setTimeout(resolve, 300));
  assertEquals(ended, []);
});
