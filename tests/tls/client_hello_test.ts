import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type ClientHello, MAX_HELLO_BYTES, readClientHello } from "../../lib/tls/client_hello.ts";
import { helloBytes, type HelloOptions, inRecords } from "../support/client_hello.ts";

const MODERN: HelloOptions = {
  serverName: "www.Example.com",
  protocols: ["h2", "http/1.1"],
  schemes: [0x0403, 0x0804],
  versions: [0x0304, 0x0303],
};

/** What is read of a hello that is whole. */
function heard(options: HelloOptions): ClientHello {
  const hello = readClientHello(helloBytes(options));
  if (typeof hello === "string") throw new Error(hello);
  return hello;
}

Deno.test("ClientHello: name, protocols and what it can verify are read", () => {
  assertEquals(readClientHello(helloBytes(MODERN)), {
    serverName: "www.example.com",
    version: "1.3",
    protocols: ["h2", "http/1.1"],
    acceptsEcdsa: true,
  });
});

Deno.test("ClientHello: without extensions nothing is assumed", () => {
  assertEquals(readClientHello(helloBytes()), {
    serverName: undefined,
    version: "1.2",
    protocols: [],
    acceptsEcdsa: false,
  });
});

for (
  const [what, options, acceptsEcdsa] of [
    ["TLS 1.3 and an ECDSA scheme", { versions: [0x0304], schemes: [0x0503] }, true],
    ["TLS 1.2 with an ECDSA suite", { suites: [0xc02f, 0xc02b], schemes: [0x0403] }, true],
    ["TLS 1.2 with RSA suites alone", { suites: [0xc02f, 0xc030], schemes: [0x0403] }, false],
    ["RSA schemes alone", { versions: [0x0304], schemes: [0x0804, 0x0401] }, false],
    ["ECDSA with SHA-1 alone", { suites: [0xc02b], schemes: [0x0203] }, false],
  ] as const
) {
  Deno.test(`ClientHello: a client with ${what} ${acceptsEcdsa ? "can" : "cannot"} verify ECDSA`, () => {
    assertEquals(heard(options).acceptsEcdsa, acceptsEcdsa);
  });
}

for (
  const [versions, version] of [
    [[0x0304, 0x0303], "1.3"],
    [[0x7a7a, 0x0304], "1.3"],
    [[0x0303, 0x0302], "1.2"],
    [[0x0302, 0x0301], undefined],
  ] as const
) {
  const shown = versions.map((version) => version.toString(16));
  Deno.test(`ClientHello: of the versions ${shown.join(" ")} the newest is ${version}`, () => {
    assertEquals(heard({ versions }).version, version);
  });
}

Deno.test("ClientHello: that of Deno's own client is read", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const raw = await Deno.connect({ hostname: "127.0.0.1", port });
  const client = await Deno.startTls(raw, { hostname: "a.test", alpnProtocols: ["http/1.1"] });
  const shaking = client.handshake().catch(() => {}); // nobody answers it
  using connection = await listener.accept();
  const bytes = new Uint8Array(MAX_HELLO_BYTES);
  const size = await connection.read(bytes);
  assertEquals(readClientHello(bytes.subarray(0, size!)), {
    serverName: "a.test",
    version: "1.3",
    protocols: ["http/1.1"],
    acceptsEcdsa: true,
  });
  connection.close();
  await shaking;
  client.close();
});

Deno.test("ClientHello: each part of one is incomplete, byte by byte, however records divide it", () => {
  for (const recordBytes of [undefined, 7, 50, 100]) {
    const bytes = helloBytes({ ...MODERN, ...recordBytes && { recordBytes } });
    for (let size = 0; size < bytes.length; size++) {
      assertEquals(readClientHello(bytes.subarray(0, size)), "incomplete", `${size} bytes`);
    }
    assert(typeof readClientHello(bytes) === "object");
  }
});

Deno.test("ClientHello: records that follow it are not looked at", () => {
  const bytes = helloBytes(MODERN);
  const followed = new Uint8Array([...bytes, 20, 3, 3, 0, 1, 1, 23, 3, 3]);
  assertEquals(readClientHello(followed), readClientHello(bytes));
});

const text = (text: string) => new TextEncoder().encode(text);

for (
  const [what, bytes] of [
    ["HTTP without TLS", text("G")],
    ["one in more than 32 records", helloBytes({ ...MODERN, recordBytes: 4 })],
    ["a first record of another kind", new Uint8Array([23, 3, 3, 0, 1, 0])],
    ["SSL 2", new Uint8Array([0x80, 0x2e, 1, 0, 2])],
    ["another version of records", new Uint8Array([22, 2])],
    ["an empty record", new Uint8Array([22, 3, 1, 0, 0])],
    ["a record that is too long", new Uint8Array([22, 3, 1, 0x40, 1])],
    ["a handshake that begins with something else", inRecords([2, 0, 0, 4, 3, 3, 0, 0])],
    ["a hello that is too long", inRecords([1, 0, 0x40, 0])],
    ["a hello that ends in the middle of a field", inRecords([1, 0, 0, 3, 3, 3, 0])],
    ["a name that is longer than its list", helloWith([0, 0, 0, 5, 0, 3, 0, 0, 9])],
  ] as const
) {
  Deno.test(`ClientHello: ${what} is none`, () => {
    assertEquals(readClientHello(bytes), "invalid");
  });
}

/** @param extensions the bytes of all of them */
function helloWith(extensions: readonly number[]): Uint8Array {
  const body = [
    3,
    3,
    ...Array(32).fill(0),
    0,
    0,
    2,
    19,
    1,
    1,
    0,
    0,
    extensions.length,
    ...extensions,
  ];
  return inRecords([1, 0, 0, body.length, ...body]);
}

Deno.test("ClientHello: one of many bytes is read up to its limit, and refused above it", () => {
  const room = MAX_HELLO_BYTES - 4 - helloBytes({ padding: 0 }).length + 5 + 4;
  assert(typeof readClientHello(helloBytes({ padding: room, recordBytes: 8000 })) === "object");
  assertEquals(readClientHello(helloBytes({ padding: room + 1, recordBytes: 8000 })), "invalid");
});

Deno.test("ClientHello: whatever arrives, it is read, incomplete or invalid", () => {
  const hello = helloBytes({ ...MODERN, recordBytes: 50 });
  fc.assert(fc.property(
    fc.array(fc.tuple(fc.nat(hello.length - 1), fc.nat(255)), { maxLength: 6 }),
    fc.nat(hello.length),
    (changes, size) => {
      const bytes = hello.slice(0, size);
      for (const [at, byte] of changes) if (at < size) bytes[at] = byte;
      readClientHello(bytes);
    },
  ));
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
    readClientHello(bytes);
    readClientHello(inRecords([...bytes], 40));
  }));
});
