/**
 * The backends of the reloads bench, in one process: they count requests, keep WebSockets open and send a long
 * download.
 *
 * Use: `deno run -A tests/bench/reloads/backends.ts PORT ...`, one port for each. `/counts` on any of them
 * returns the requests of each, by its port, as JSON.
 */
import { writeCounted } from "../counted_body.ts";
import { isGone, MessageReader } from "../message_reader.ts";

const encoder = new TextEncoder();
const counts = new Map<number, number>();

for (const port of Deno.args.map(Number)) {
  counts.set(port, 0);
  listen(Deno.listen({ hostname: "127.0.0.1", port }), port);
}

async function listen(listener: Deno.TcpListener, port: number): Promise<void> {
  for await (const connection of listener) {
    serve(connection, port).catch((error) => {
      if (!isGone(error)) throw error;
    }).finally(() => {
      try {
        connection.close();
      } catch (error) {
        if (!(error instanceof Deno.errors.BadResource)) throw error;
      }
    });
  }
}

async function serve(connection: Deno.TcpConn, port: number): Promise<void> {
  const reader = new MessageReader(connection);
  for (let head; (head = await reader.head()) !== null;) {
    const [, target = ""] = head.words;
    if (target === "/counts") {
      await send(connection, JSON.stringify(Object.fromEntries(counts)));
      continue;
    }
    counts.set(port, counts.get(port)! + 1);
    if (head.fields.has("upgrade")) return await echo(connection);
    const [, size, over] = /size=(\d+)&over=(\d+)/.exec(target) ?? [];
    if (size === undefined) {
      await send(connection, String(port));
      continue;
    }
    await connection.write(
      encoder.encode(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`),
    );
    await writeCounted(connection, Number(size), { over: Number(over) });
  }
}

async function send(connection: Deno.TcpConn, body: string): Promise<void> {
  const bytes = encoder.encode(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  await connection.write(bytes);
}

/** Changes the protocol, and sends back what comes. */
async function echo(connection: Deno.TcpConn): Promise<void> {
  await connection.write(encoder.encode(
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
  ));
  const bytes = new Uint8Array(1024);
  for (let size; (size = await connection.read(bytes)) !== null;) {
    await connection.write(bytes.subarray(0, size));
  }
}
