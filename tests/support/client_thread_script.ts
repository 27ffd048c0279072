/**
 * A client in a thread of its own, which goes on while the thread of a test is blocked. Once it gets the
 * number of a port it makes a connection there, has a request answered on it, and reports that. Then it gets
 * a cell: it sends a request on that connection and one on a new connection, sets the cell, and reports what
 * came back: the status lines, or what there was instead.
 */
/// <reference lib="deno.worker" />
import { Dialogue } from "./raw_client.ts";

const GET = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";
let port = 0;
let kept: Dialogue;

self.addEventListener("message", async ({ data }: MessageEvent<number | Int32Array>) => {
  if (typeof data === "number") {
    port = data;
    kept = await Dialogue.open(port);
    self.postMessage([await statusOf(kept)]);
    return;
  }
  const fresh = await Dialogue.open(port);
  await kept.send(GET);
  await fresh.send(GET);
  Atomics.store(data, 0, 1);
  Atomics.notify(data, 0);
  self.postMessage(await Promise.all([read(kept), read(fresh)]));
  kept[Symbol.dispose]();
  fresh[Symbol.dispose]();
});

async function statusOf(client: Dialogue): Promise<string> {
  await client.send(GET);
  return await read(client);
}

async function read(client: Dialogue): Promise<string> {
  return await client.response().then(({ status }) => String(status), (error) => error.message);
}
