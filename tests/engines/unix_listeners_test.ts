/** Listeners on unix sockets, for each engine. */
import { assertEquals } from "@std/assert";
import { UNIX_PEER } from "../../lib/http/peer.ts";
import { forEachEngine } from "../support/each_engine.ts";
import { Dialogue } from "../support/raw_client.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";

/** A folder for sockets, removed at the end. */
class Folder implements Disposable {
  readonly path = Deno.makeTempDirSync();
  readonly socket = `${this.path}/front.sock`;
  get files(): string[] {
    return [...Deno.readDirSync(this.path)].map(({ name }) => name);
  }
  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}

const get = (...lines: readonly string[]) =>
  ["GET / HTTP/1.1", "Host: example.com", ...lines, "", ""].join("\r\n");

async function open(path: string): Promise<Dialogue> {
  return new Dialogue(await Deno.connect({ transport: "unix", path }));
}

/** What the backend got as X-Forwarded-For, of each request. */
const forwardedFor = (backend: ScriptedBackend) =>
  backend.requests.map(({ fields }) =>
    fields.filter(([name]) => name.toLowerCase() === "x-forwarded-for").map(([, value]) => value)
  );

forEachEngine(({ engine, balance, test }) => {
  test("a listener on a unix socket serves, has its mode, and leaves no file behind", async () => {
    using folder = new Folder();
    await using backend = new ScriptedBackend("a");
    {
      await using balancer = balance([backend.url], { unix: { path: folder.socket, mode: 0o660 } });
      assertEquals(folder.files, ["front.sock"]);
      assertEquals((await Deno.lstat(folder.socket)).mode! & 0o777, 0o660);
      using client = await open(folder.socket);
      for (let count = 0; count < 2; count++) {
        await client.send(get());
        assertEquals((await client.response()).status, 200);
      }
      assertEquals(balancer.entries.map(({ clientAddress }) => clientAddress), [
        UNIX_PEER,
        UNIX_PEER,
      ]);
    }
    assertEquals(folder.files, []);
  });

  test("X-Forwarded-For of a peer without an address has no item for it, and is dropped if it is not trusted", async () => {
    using folder = new Folder();
    await using backend = new ScriptedBackend("a");
    await using _balancer = balance([backend.url], {
      unix: { path: folder.socket, mode: undefined },
    });
    using client = await open(folder.socket);
    await client.send(get());
    await client.response();
    await client.send(get("X-Forwarded-For: 9.9.9.9"));
    await client.response();
    assertEquals(forwardedFor(backend), [[], []]);
  });

  test("a trusted proxy on a unix socket names the client", async () => {
    using folder = new Folder();
    await using backend = new ScriptedBackend("a");
    await using balancer = balance([backend.url], {
      unix: { path: folder.socket, mode: undefined },
      isTrusted: (address) => address === UNIX_PEER,
    });
    using client = await open(folder.socket);
    await client.send(get("X-Forwarded-For: 1.1.1.1, 9.9.9.9", "X-Forwarded-Proto: https"));
    await client.response();
    await client.send(get("X-Forwarded-For: 1.1.1.1", "X-Forwarded-For: 9.9.9.9"));
    await client.response();
    await client.send(get());
    await client.response();
    assertEquals(forwardedFor(backend), [["1.1.1.1, 9.9.9.9"], ["1.1.1.1, 9.9.9.9"], []]);
    assertEquals(balancer.entries.map(({ clientAddress }) => clientAddress), [
      "9.9.9.9",
      "9.9.9.9",
      UNIX_PEER,
    ]);
  });

  test("a file that a crash has left over is replaced, and a successor's is not removed", async () => {
    using folder = new Folder();
    await using backend = new ScriptedBackend("a");
    const left = Deno.listen({ transport: "unix", path: `${folder.path}/x` });
    await Deno.rename(`${folder.path}/x`, folder.socket);
    left.close();
    assertEquals(folder.files, ["front.sock"]);
    const unix = { path: folder.socket, mode: undefined };
    const first = balance([backend.url], { unix });
    using early = await open(folder.socket);
    await using _successor = balance([backend.url], { unix });
    await early.send(get());
    assertEquals((await early.response()).status, 200);
    early[Symbol.dispose]();
    await first[Symbol.asyncDispose]();
    using late = await open(folder.socket);
    await late.send(get());
    assertEquals((await late.response()).status, 200);
  });

  if (engine === "tcp") {
    test("a listener may have an abstract socket", async () => {
      const name = `\0roundabout-test-${crypto.randomUUID()}`;
      await using backend = new ScriptedBackend("a");
      await using _balancer = balance([backend.url], { unix: { path: name, mode: undefined } });
      using client = await open(name);
      await client.send(get());
      assertEquals((await client.response()).status, 200);
    });

    test("PROXY headers name the clients of a trusted proxy on a unix socket", async () => {
      using folder = new Folder();
      await using backend = new ScriptedBackend("a");
      await using _balancer = balance([backend.url], {
        unix: { path: folder.socket, mode: undefined },
        proxyProtocol: true,
        isTrusted: (address) => address === UNIX_PEER,
      });
      using client = await open(folder.socket);
      await client.send(`PROXY TCP4 192.0.2.7 192.0.2.8 1 2\r\n${get()}`);
      assertEquals((await client.response()).status, 200);
      assertEquals(forwardedFor(backend), [["192.0.2.7"]]);
    });
  }
});
