/** What both kinds of sockets must do, as the tcp engine needs it: to connect, and to give that up. */
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { isPeerError } from "../../lib/engines/tcp/exchange/peer_error.ts";
import { failedConnect } from "../../lib/net/connect_error.ts";
import type { Place, SocketConnection, SocketListener } from "../../lib/net/sockets.ts";
import { formatFailure } from "../../lib/outcome.ts";
import {
  abstractPlace,
  failureOf,
  forBothSockets,
  LISTENING,
  NEVER,
  placeOf,
} from "../support/both_sockets.ts";
import { deadPort } from "../support/dead_port.ts";
import { DeafPort } from "../support/deaf_port.ts";

const { errors } = Deno;

const deafPlace = ({ url }: DeafPort): Place => ({
  hostname: "127.0.0.1",
  port: Number(new URL(url).port),
});

forBothSockets(({ sockets, test }) => {
  for (
    const [what, placeAt, failure] of [
      ["a port that nobody listens on", dead("127.0.0.1"), "connection_refused"],
      ["one of IPv6", dead("::1"), "connection_refused"],
      ["one of a name", dead("localhost"), "connection_refused"],
      ["an address that no route leads to", dead("224.0.0.1"), "destination_ip_unroutable: …"],
      ["one of IPv6 that no route leads to", dead("ff0e::1"), "destination_ip_unroutable: …"],
      ["a name that nothing has", dead("no-such-name.invalid"), "dns_error: …"],
      ["a missing path", path("/tmp/no-such.sock"), "connection_refused: there is no such socket"],
      ["a path in a file", path("/etc/passwd/a.sock"), "destination_unavailable: …"],
      ["a path of a file that is no socket", path("/etc/passwd"), "connection_refused"],
      ["a path that is too long", path(`/tmp/${"a".repeat(200)}`), "destination_unavailable: …"],
      ["a path that holds a zero byte", path("/tmp/a.sock\0b"), "destination_unavailable: …"],
      ["an abstract name of nobody", abstractPlace, "connection_refused"],
    ] as const satisfies (readonly [string, () => Place, string])[]
  ) {
    test(`to connect to ${what} is ${failure}`, async () => {
      const place = placeAt();
      const error = await failureOf(() => sockets.connect(place, NEVER));
      const formatted = formatFailure(failedConnect(error, () => true, "path" in place));
      assertEquals(formatted.replace(/^(destination_\w+|dns_error): .+/, "$1: …"), failure);
    });
  }

  test("a unix socket whose queue of connections is full is connection_refused", async () => {
    const listener = Deno.listen({ transport: "unix", ...abstractPlace() as { path: string } });
    const connections: SocketConnection[] = [];
    const failure = await failureOf(async () => {
      while (true) connections.push(await sockets.connect(placeOf(listener), NEVER));
    });
    for (const open of [listener, ...connections]) open.close();
    const formatted = formatFailure(failedConnect(failure, () => true, true));
    assertEquals(formatted, "connection_refused: its queue of connections is full");
  });

  test("a connect that is given up rejects with the reason of its signal", async () => {
    using deaf = await DeafPort.open();
    const controller = new AbortController();
    const connecting = sockets.connect(deafPlace(deaf), controller.signal);
    controller.abort(new Error("given up"));
    assertEquals((await failureOf(() => connecting)).message, "given up");
  });

  test("a connect whose signal is aborted already rejects with its reason, whatever is connected to", async () => {
    using deaf = await DeafPort.open();
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const reason = new Error("given up before");
    const signal = AbortSignal.abort(reason);
    for (const place of [deafPlace(deaf), placeOf(listener), { hostname: "localhost", port: 1 }]) {
      assertStrictEquals(await failureOf(() => sockets.connect(place, signal)), reason);
    }
  });

  test("to give up a connection that was made already changes nothing", async () => {
    const listener = sockets.listen({ hostname: "127.0.0.1", port: 0 }, LISTENING);
    const controller = new AbortController();
    const connected = await sockets.connect(placeOf(listener), controller.signal);
    controller.abort();
    const accepted = await listener.accept();
    await connected.write(new Uint8Array(1));
    assertEquals(await accepted.read(new Uint8Array(2)), 1);
    for (const open of [listener, connected, accepted]) open.close();
  });

  test("connects that are given up at any moment settle, and change nothing for others", async () => {
    const listener = sockets.listen({ hostname: "127.0.0.1", port: 0 }, LISTENING);
    const accepting = closeAllAccepted(listener);
    await Promise.all(Array.from({ length: 200 }, async (_, index) => {
      const controller = new AbortController();
      const connecting = sockets.connect(placeOf(listener), controller.signal);
      if (index % 10 !== 0) giveUpLater(controller, index % 10 - 1);
      try {
        (await connecting).close();
      } catch (error) {
        if (!controller.signal.aborted) throw error;
        assertStrictEquals(error, controller.signal.reason);
      }
    }));
    listener.close();
    await accepting;
  });
});

async function closeAllAccepted(listener: SocketListener): Promise<void> {
  while (true) {
    try {
      (await listener.accept()).close();
    } catch (error) {
      if (error instanceof errors.NotConnected) continue; // Deno's: it has left already
      return assert(isPeerError(error), String(error)); // the listener is closed
    }
  }
}

function dead(hostname: string): () => Place {
  return () => ({ hostname, port: deadPort() });
}

function path(path: string): () => Place {
  return () => ({ path });
}

/** Aborts after so many microtasks and turns. */
async function giveUpLater(controller: AbortController, delay: number): Promise<void> {
  for (let count = 0; count < delay; count++) await undefined;
  if (delay > 4) await new Promise((resolve) => setTimeout(resolve, 0));
  controller.abort();
}
