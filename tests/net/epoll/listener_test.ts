import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { openEpollSockets } from "../../../lib/net/epoll/sockets.ts";
import type { SocketConnection } from "../../../lib/net/sockets.ts";
import { abstractPlace, LISTENING, NEVER, placeOf } from "../../support/both_sockets.ts";

const sockets = await openEpollSockets();

Deno.test("epoll listener: more connections at once than are accepted in one turn are all accepted, in their order", async () => {
  const listener = sockets.listen(abstractPlace(), { ...LISTENING, backlog: 2_000 });
  const clients: SocketConnection[] = [];
  for (let count = 0; count < 1_200; count++) {
    const client = await sockets.connect(placeOf(listener), NEVER);
    await client.write(new Uint8Array(new Uint16Array([count]).buffer));
    clients.push(client);
  }
  const bytes = new Uint8Array(2);
  for (let count = 0; count < clients.length; count++) {
    const accepted = await listener.accept();
    await accepted.read(bytes);
    assertEquals(new DataView(bytes.buffer).getUint16(0, true), count);
    accepted.close();
  }
  listener.close();
  for (const client of clients) client.close();
});

Deno.test("epoll listener: while more connections wait than are accepted in one turn, those that are there have their turn", async () => {
  const listener = sockets.listen(abstractPlace(), { ...LISTENING, backlog: 2_000 });
  const clients: SocketConnection[] = [];
  for (let count = 0; count < 1_500; count++) {
    clients.push(await sockets.connect(placeOf(listener), NEVER));
  }
  const accepted: SocketConnection[] = [await listener.accept()];
  let acceptedBefore: number | undefined;
  const reading = Promise.resolve(clients[0]!.read(new Uint8Array(1)))
    .then(() => acceptedBefore = accepted.length);
  await accepted[0]!.write(new Uint8Array(1));
  while (accepted.length < clients.length) accepted.push(await listener.accept());
  await reading;
  assert(acceptedBefore! < clients.length, `${acceptedBefore} were accepted first`);
  for (const open of [listener, ...clients, ...accepted]) open.close();
  await delay(0);
});
