import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { forEachEngine } from "../support/each_engine.ts";
import { type BackendSide, RawBackend } from "../support/raw_backend.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n";
const EMPTY = "HTTP/1.1 204 No Content\r\n\r\n";

/**
 * A backend that closes idle connections the moment a request comes on one: it answers the first request of
 * each connection, and after the next one it closes.
 *
 * @param together how many first requests are answered together, so that there are as many connections
 * @param reply what it answers
 */
function closing(together = 1, reply = OK) {
  const lost: string[] = [];
  const ready = Promise.withResolvers<void>();
  let waiting = 0;
  const answer = async (side: BackendSide) => {
    if (++waiting === together) ready.resolve();
    await ready.promise;
    await side.send(reply);
  };
  const backend = new RawBackend(async (side) => {
    await side.until("\r\n\r\n");
    await answer(side);
    side.received = "";
    if (await side.read()) lost.push(side.received.split(" ", 2).join(" "));
  });
  return { backend, lost };
}

forEachEngine(({ balance, test }) => {
  for (const method of ["GET", "PUT", "DELETE"]) {
    test(`idle connections: a ${method} on one that dies is sent again to the same backend, on a new one`, async () => {
      // Two connections: fetch sends a request without a body again by itself, here on the second one.
      const { backend, lost } = closing(2);
      await using _ = backend;
      await using balancer = balance([backend.url]);
      const send = async () => {
        const body = method === "PUT" ? "hello" : null;
        const response = await fetch(balancer.url, { method, body });
        await response.body?.cancel();
        return response.status;
      };
      assertEquals(await Promise.all([send(), send()]), [200, 200]);
      assertEquals(await send(), 200);
      assert(lost.length >= 1);
      assertEquals(backend.connections, 3);
      assertEquals(balancer.changes, []);
    });
  }

  for (
    const [what, reply] of [["a chunked response", CHUNKED], ["an empty response", EMPTY]] as const
  ) {
    test(`idle connections: a PUT is sent again on a new one, too, if ${what} came on the one that dies`, async () => {
      const { backend, lost } = closing(1, reply);
      await using _ = backend;
      await using balancer = balance([backend.url]);
      const send = async () => {
        const response = await fetch(balancer.url, { method: "PUT", body: "hello" });
        await response.text();
        return response.ok;
      };
      assertEquals([await send(), await send(), lost], [true, true, ["PUT /"]]);
    });
  }

  test("idle connections: a PUT on a new one that dies is not sent to that backend again", async () => {
    await using backend = new RawBackend(async (side) => void await side.until("hello"));
    await using balancer = balance([backend.url]);
    const response = await fetch(balancer.url, { method: "PUT", body: "hello" });
    assertEquals([response.status, backend.connections], [502, 1]);
    await response.body?.cancel();
  });

  test("idle connections: a POST that one loses does not count against the backend", async () => {
    const { backend, lost } = closing();
    await using _ = backend;
    await using balancer = balance([backend.url]);
    const post = async () => {
      const response = await fetch(balancer.url, { method: "POST", body: "hello" });
      await response.body?.cancel();
      return response.status;
    };
    assertEquals([await post(), await post(), lost], [200, 502, ["POST /"]]);
    assertEquals(balancer.changes, []);
  });

  test("idle connections: a POST on a new one that dies counts against the backend", async () => {
    await using backend = new RawBackend(async (side) => void await side.until("hello"));
    await using balancer = balance([backend.url]);
    const response = await fetch(balancer.url, { method: "POST", body: "hello" });
    await response.body?.cancel();
    assertEquals([response.status, balancer.changes.length], [502, 1]);
  });

  test("idle connections: after one has lost a POST, the next ones use only those that were idle shortly", async () => {
    let keeps = false;
    await using backend = new RawBackend(async (side) => {
      while (await side.read()) {
        if (!side.received.endsWith("hello")) continue;
        const isFirst = side.received.lastIndexOf("POST") === 0;
        if (!isFirst && !keeps) return;
        await side.send(OK);
      }
    });
    await using balancer = balance([backend.url]);
    const post = async () => {
      const response = await fetch(balancer.url, { method: "POST", body: "hello" });
      await response.body?.cancel();
      return response.status;
    };
    assertEquals([await post(), await post()], [200, 502]);
    keeps = true;
    assertEquals(await post(), 200);
    let connections = 0;
    for (let tries = 0; connections !== backend.connections; tries++) { // until two come shortly one after the other
      assert(tries < 100, `${connections} connections`);
      ({ connections } = backend);
      assertEquals(await post(), 200);
    }
    await delay(150); // more than the limit after one loss, less than the one before
    assertEquals([await post(), backend.connections], [200, connections + 1]);
  });
});
