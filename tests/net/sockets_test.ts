/** What both kinds of sockets must do, as the tcp engine needs it: to listen and to accept. */
import { assert, assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import { isPeerError } from "../../lib/engines/tcp/exchange/peer_error.ts";
import type { Place, SocketConnection } from "../../lib/net/sockets.ts";
import {
  abstractPlace,
  closeQuietly,
  failureOf,
  forBothSockets,
  LISTENING,
  LOOPBACK,
  NEVER,
  placeOf,
} from "../support/both_sockets.ts";

const { errors } = Deno;

/** Deno has no path for a socket without a name, against its own type; nobody reads that path. */
const plain = (address: Deno.Addr) =>
  address.transport === "unix" && (address as Deno.UnixAddr).path === null
    ? { ...address, path: "" }
    : { ...address };

const portOf = ({ addr }: { readonly addr: Deno.Addr }) => (addr as Deno.NetAddr).port;

/** How many microtasks lib/engines/tcp/client/accept.ts waits for a connection that is there. */
const MICROTASKS = 3;

forBothSockets(({ sockets, test }) => {
  for (
    const [name, hostname] of [
      ["IPv4", "127.0.0.1"],
      ["IPv6", "::1"],
    ] as const
  ) {
    test(`${name}: port 0 gives any free one, and both ends know both addresses`, async () => {
      const listener = sockets.listen({ hostname, port: 0 }, LISTENING);
      assertEquals({ ...listener.addr }, { transport: "tcp", hostname, port: portOf(listener) });
      assert(portOf(listener) > 0);
      const connected = await sockets.connect(placeOf(listener), NEVER);
      const accepted = await listener.accept();
      assertEquals(plain(connected.remoteAddr), plain(listener.addr));
      assertEquals(plain(accepted.localAddr), plain(listener.addr));
      assertEquals(plain(accepted.remoteAddr), plain(connected.localAddr));
      assertEquals((connected.localAddr as Deno.NetAddr).hostname, hostname);
      for (const open of [listener, connected, accepted]) open.close();
      // A client that has left is told to backends all the same (lib/engines/tcp/socket_peer.ts).
      assertEquals(plain(accepted.localAddr), plain(listener.addr));
    });
  }

  for (const kind of ["a path", "an abstract name"] as const) {
    test(`a unix socket with ${kind}: the listener's end has it, and whoever connects has none`, async () => {
      const folder = await Deno.makeTempDir();
      const place = kind === "a path" ? { path: `${folder}/a.sock` } : abstractPlace();
      const address = { transport: "unix", ...place };
      const listener = sockets.listen(place, LISTENING);
      assertEquals(plain(listener.addr), address);
      const connected = await sockets.connect(place, NEVER);
      const accepted = await listener.accept();
      assertEquals([connected.remoteAddr, accepted.localAddr].map(plain), [address, address]);
      const unnamed = { transport: "unix", path: "" };
      assertEquals([connected.localAddr, accepted.remoteAddr].map(plain), [unnamed, unnamed]);
      for (const open of [listener, connected, accepted]) open.close();
      await Deno.remove(folder, { recursive: true });
    });
  }

  test("a listener on all addresses takes IPv4 as well, whose addresses are mapped into IPv6", async () => {
    const listener = sockets.listen({ hostname: "::", port: 0 }, LISTENING);
    const port = portOf(listener);
    const connected = await sockets.connect({ hostname: "127.0.0.1", port }, NEVER);
    const accepted = await listener.accept();
    const hostname = "::ffff:127.0.0.1";
    assertEquals(plain(accepted.localAddr), { transport: "tcp", hostname, port });
    const { port: from } = connected.localAddr as Deno.NetAddr;
    assertEquals(plain(accepted.remoteAddr), { transport: "tcp", hostname, port: from });
    for (const open of [listener, connected, accepted]) open.close();
  });

  test("a name stands for an address, to listen and to connect", async () => {
    const listener = sockets.listen({ hostname: "localhost", port: 0 }, LISTENING);
    assert(["127.0.0.1", "::1"].includes((listener.addr as Deno.NetAddr).hostname));
    const place = { hostname: "localhost", port: portOf(listener) };
    const connected = await sockets.connect(place, NEVER);
    (await listener.accept()).close();
    for (const open of [listener, connected]) open.close();
  });

  test("with reusePort two listeners share a port, and both get connections", async () => {
    const options = { ...LISTENING, reusePort: true };
    const first = sockets.listen(LOOPBACK, options);
    const listeners = [first, sockets.listen(placeOf(first), options)];
    const counts = [0, 0];
    const connections: SocketConnection[] = [];
    const accepting = listeners.map(async (listener, index) => {
      while (counts[0]! + counts[1]! < 64) {
        try {
          connections.push(await listener.accept());
        } catch (error) {
          return assert(isPeerError(error), String(error));
        }
        counts[index]!++;
      }
      for (const listener of listeners) closeQuietly(listener); // all have come
    });
    const connect = () => sockets.connect(placeOf(first), NEVER);
    connections.push(...await Promise.all(Array.from({ length: 64 }, connect)));
    await Promise.all(accepting);
    assert(Math.min(...counts) > 0, `${counts}`);
    for (const connection of connections) connection.close();
  });

  test("a port that somebody listens on is AddrInUse, and free again once that one is closed", () => {
    const listener = sockets.listen(LOOPBACK, LISTENING);
    assertThrows(() => sockets.listen(placeOf(listener), LISTENING), errors.AddrInUse);
    listener.close();
    sockets.listen(placeOf(listener), LISTENING).close();
  });

  test("a port is free at once although connections of its last listener linger", async () => {
    const listener = sockets.listen(LOOPBACK, LISTENING);
    const connected = await sockets.connect(placeOf(listener), NEVER);
    const accepted = await listener.accept();
    for (const open of [listener, accepted, connected]) open.close(); // accepted first: it has TIME_WAIT
    sockets.listen(placeOf(listener), LISTENING).close();
  });

  for (
    const [name, place, Class] of [
      [
        "an address of another machine",
        { hostname: "192.0.2.1", port: 0 },
        errors.AddrNotAvailable,
      ],
      ["a name that nothing has", { hostname: "no-such-name.invalid", port: 0 }, Error],
      ["a path that exists", { path: new URL(import.meta.url).pathname }, errors.AddrInUse],
      ["a path in no folder", { path: "/tmp/no-such-folder/a.sock" }, errors.NotFound],
      ["a path where nobody may create files", { path: "/sys/a.sock" }, errors.PermissionDenied],
      ["a path that is too long", { path: `/tmp/${"a".repeat(200)}` }, Error],
      ["a path that holds a zero byte", { path: "/tmp/a.sock\0b" }, Error],
    ] as const satisfies (readonly [string, Place, new (message: string) => Error])[]
  ) {
    test(`${name} cannot be listened on: ${Class.name}`, () => {
      assertThrows(() => sockets.listen(place, LISTENING), Class);
    });
  }

  test("accept asks the system before it returns: what waits is there within a few microtasks", async () => {
    const listener = sockets.listen(LOOPBACK, LISTENING);
    const connect = () => sockets.connect(placeOf(listener), NEVER);
    const clients = await Promise.all(Array.from({ length: 20 }, connect));
    const accepted = [await listener.accept()];
    for (let count = 1; count < 20; count++) {
      let arrived: SocketConnection | undefined;
      listener.accept().then((connection) => arrived = connection);
      for (let task = 0; task < MICROTASKS; task++) await undefined;
      if (arrived === undefined) throw new Error(`the one after ${count} was not there`);
      accepted.push(arrived);
    }
    const last = listener.accept();
    listener.close();
    assert(isPeerError(await failureOf(() => last)));
    for (const connection of [...clients, ...accepted]) connection.close();
  });

  for (const [name, place] of [["port", LOOPBACK], ["unix socket", abstractPlace()]] as const) {
    test(`closing a listener of a ${name} resets what waits, and rejects the accept that is under way`, async () => {
      const listener = sockets.listen(place, LISTENING);
      const accepting = listener.accept();
      const first = await sockets.connect(placeOf(listener), NEVER);
      (await accepting).close();
      const other = listener.accept();
      listener.close();
      assert(isPeerError(await failureOf(() => other)));
      const again = sockets.listen(placeOf(listener), LISTENING);
      const waiting = await sockets.connect(placeOf(again), NEVER);
      again.close();
      assertInstanceOf(
        await failureOf(() => waiting.read(new Uint8Array(1))),
        errors.ConnectionReset,
      );
      for (const client of [first, waiting]) client.close();
    });
  }

  test("a listener that is closed accepts nothing, and cannot be closed again", async () => {
    const listener = sockets.listen(LOOPBACK, LISTENING);
    listener.close();
    assertInstanceOf(await failureOf(() => listener.accept()), errors.BadResource);
    assertThrows(() => listener.close(), errors.BadResource);
    const refused = await failureOf(() => sockets.connect(placeOf(listener), NEVER));
    assertInstanceOf(refused, errors.ConnectionRefused);
  });

  test("a second accept while one is under way is Busy, and the first one goes on", async () => {
    const listener = sockets.listen(LOOPBACK, LISTENING);
    const first = listener.accept();
    assertInstanceOf(await failureOf(() => listener.accept()), errors.Busy);
    const connected = await sockets.connect(placeOf(listener), NEVER);
    (await first).close();
    for (const open of [listener, connected]) open.close();
  });

  test("listeners that come and go while nothing else is open leave nothing behind", async () => {
    for (let count = 0; count < 50; count++) {
      const listener = sockets.listen(LOOPBACK, LISTENING);
      if (count % 2 === 0) await undefined;
      if (count % 5 === 0) await (await sockets.connect(placeOf(listener), NEVER)).close();
      listener.close();
    }
  });
});
