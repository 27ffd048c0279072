import { assertEquals, assertRejects } from "@std/assert";
import { forEachEngineAndSockets } from "../support/each_engine.ts";
import { ClientThread } from "../support/client_thread.ts";
import { bytesOf } from "../support/raw_client.ts";
import { type Behaviour, ScriptedBackend, writeAll } from "../support/scripted_backend.ts";

await forEachEngineAndSockets(({ balance, test }) => {
  const SLOW_HEAD = { reply: "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n" } as const;

  /** A backend whose responses wait until they are released. */
  function waitingBackend() {
    let release = () => {};
    const released = new Promise<void>((resolve) => release = resolve);
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async () => {
      await released;
      return new Response("finished");
    });
    return {
      url: `http://127.0.0.1:${server.addr.port}`,
      release,
      [Symbol.asyncDispose]: () => server.shutdown(),
    };
  }

  /** How long connections are still accepted, where that matters. */
  const GRACE_MS = 50;

  const connect = (port: number) => Deno.connect({ hostname: "127.0.0.1", port });

  async function readAll(connection: Deno.TcpConn): Promise<string> {
    return await new Response(connection.readable).text();
  }

  test("drain: a request in flight gets its response, and new connections are refused", async () => {
    await using backend = waitingBackend();
    const balancer = balance([backend.url]);
    const connection = await connect(balancer.port);
    await writeAll(connection, bytesOf("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"));
    // A second exchange, complete, proves that the first has been received.
    await using other = new ScriptedBackend("b");
    await using witness = balance([other.url]);
    await (await fetch(witness.url)).text();

    const drained = balancer.engine.drain(5_000, 0);
    backend.release();
    const text = await readAll(connection);
    assertEquals(text.endsWith("finished"), true);
    assertEquals(await drained, 0);
    await assertRejects(() => connect(balancer.port), Deno.errors.ConnectionRefused);
  });

  test("drain: an idle connection is closed", async () => {
    await using backend = new ScriptedBackend("a");
    const balancer = balance([backend.url]);
    const connection = await connect(balancer.port);
    await writeAll(connection, bytesOf("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"));
    await backend.until(() => backend.requests.length === 1);
    assertEquals(await balancer.engine.drain(5_000, 0), 0);
    assertEquals((await readAll(connection)).endsWith("a"), true);
  });

  test("drain: an upload under way arrives whole, and its response closes the connection", async () => {
    await using backend = new ScriptedBackend("a");
    const balancer = balance([backend.url]);
    const connection = await connect(balancer.port);
    await writeAll(
      connection,
      bytesOf("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 8\r\n\r\nhalf"),
    );
    await backend.until(() => backend.bytesReceived > 0);
    const drained = balancer.engine.drain(5_000, 0);
    await writeAll(connection, bytesOf("half"));
    const text = await readAll(connection);
    assertEquals(/\r\nconnection: close\r\n/i.test(text), true);
    assertEquals(new TextDecoder().decode(backend.requests[0]!.body), "halfhalf");
    assertEquals(await drained, 0);
  });

  test("drain: what arrives while the process is held up is still answered", async () => {
    await using backend = new ScriptedBackend("a");
    const balancer = balance([backend.url]);
    using client = new ClientThread();
    assertEquals(await client.ask(balancer.port), ["200"]);
    const drained = balancer.engine.drain(5_000, GRACE_MS);
    const sent = new Int32Array(new SharedArrayBuffer(4));
    const answers = client.ask(sent);
    Atomics.wait(sent, 0, 0, 5_000); // holds up this thread until both requests are in the system's queues
    Atomics.wait(sent, 0, 1, GRACE_MS);
    assertEquals(await answers, ["200", "200"]);
    assertEquals(await drained, 0);
  });

  for (
    const [what, behaviour] of [["response that does not begin", "stall"], [
      "response that does not end",
      SLOW_HEAD,
    ]] as [
      string,
      Behaviour,
    ][]
  ) {
    test(`drain: a ${what} is cut off at the deadline, and counted`, async () => {
      const backend = new ScriptedBackend("a", behaviour);
      const balancer = balance([backend.url]);
      const connection = await connect(balancer.port);
      await writeAll(connection, bytesOf("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"));
      await backend.until(() => backend.requests.length === 1);
      assertEquals(await balancer.engine.drain(150, 0), 1);
      await backend[Symbol.asyncDispose](); // lets the balancer's listener end
      connection.close();
      await balancer.engine.finished;
    });
  }
});
