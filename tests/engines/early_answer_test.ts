import { assertEquals } from "@std/assert";
import { forEachEngine } from "../support/each_engine.ts";
import { RawBackend } from "../support/raw_backend.ts";
import { Dialogue } from "../support/raw_client.ts";

const MIB = 1024 * 1024;
const UPLOADS = 20;

/** A backend that answers as soon as it has the head, and closes with the rest unread: that is a reset. */
const refusing = (status: number) =>
  new RawBackend(async (side) => {
    await side.until("\r\n\r\n");
    const head = `HTTP/1.1 ${status} No\r\nConnection: close\r\nContent-Length: 9\r\n\r\n`;
    await side.send(`${head}too large`);
  });

forEachEngine(({ engine, balance, test }) => {
  /** Sends as much of an upload as the other side takes. @returns the status of the answer */
  async function upload(port: number, method: string): Promise<number> {
    using client = await Dialogue.open(port);
    const head = `${method} / HTTP/1.1\r\nHost: a\r\nContent-Length: ${MIB}\r\n\r\n`;
    const sending = client.send(head)
      .then(() => client.send(new Uint8Array(MIB)))
      .catch(() => {}); // the answer ends it
    const { status } = await client.response();
    client[Symbol.dispose]();
    await sending;
    return status;
  }

  for (const [method, status] of [["POST", 413], ["PUT", 401], ["POST", 200]] as const) {
    test(`early answer: a backend that answers ${status} and closes with a ${method} unread is not blamed`, async () => {
      await using backend = refusing(status);
      await using balancer = balance([backend.url]);
      const statuses = [];
      for (let i = 0; i < UPLOADS; i++) statuses.push(await upload(balancer.port, method));
      assertEquals(balancer.changes, []);
      // fetch loses some answers, most of them if the backend is in this process.
      const lost = engine === "web" ? 502 : status;
      assertEquals(statuses.filter((got) => got !== status && got !== lost), []);
    });
  }

  test("early answer: a backend that answers early and goes on reading gets the rest of the upload", async () => {
    await using backend = new RawBackend(async (side) => {
      const head = await side.until("\r\n\r\n");
      await side.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 7\r\n\r\n");
      let missing = MIB - (head.length - head.indexOf("\r\n\r\n") - 4);
      while (missing > 0) missing -= (await side.readBytes())!.length;
      await side.send("got all");
    });
    await using balancer = balance([backend.url]);
    const response = await fetch(balancer.url, { method: "POST", body: new Uint8Array(MIB) });
    assertEquals(await response.text(), "got all");
  });

  test("early answer: a backend that breaks connections after the whole body is blamed", async () => {
    await using backend = new RawBackend(async (side) => void await side.until("\r\n\r\nhello"));
    await using balancer = balance([backend.url]);
    const response = await fetch(balancer.url, { method: "POST", body: "hello" });
    assertEquals([response.status, balancer.changes.length], [502, 1]);
    await response.body?.cancel();
  });
});
