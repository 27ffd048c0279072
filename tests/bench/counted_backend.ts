/**
 * A backend on raw sockets whose writes and reads can be counted and held up.
 *
 * Use: `deno run -A tests/bench/counted_backend.ts PORT`; what it does is up to the target:
 * `/download?size=N`, with `&chunked` or `&over=MS`, sends a counted body; `/upload` checks one and says what came,
 * with `?held` it reads nothing but the head until `/release` is asked for; `/written` says how many bytes of
 * downloads its writes have completed; all else is answered `ok` after `?after=MS`.
 */
import { CountedCheck, writeCounted } from "./counted_body.ts";
import { type Head, isGone, MessageReader } from "./message_reader.ts";

const encoder = new TextEncoder();
const gate = Promise.withResolvers<void>();
let written = 0;

const listener = Deno.listen({ hostname: "127.0.0.1", port: Number(Deno.args[0]) });
for await (const connection of listener) serve(connection);

async function serve(connection: Deno.TcpConn): Promise<void> {
  using _ = connection;
  connection.setNoDelay(true); // fetch sends a head and its body apart: no waiting for each other
  const reader = new MessageReader(connection);
  try {
    for (let head; (head = await reader.head()) !== null;) await answer(connection, reader, head);
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

async function answer(connection: Deno.Conn, reader: MessageReader, head: Head): Promise<void> {
  const { pathname, searchParams: options } = new URL(head.words[1]!, "http://backend.test");
  if (pathname === "/download") return await download(connection, options);
  const say = async (text: string) => {
    await connection.write(
      encoder.encode(`HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`),
    );
  };
  if (pathname === "/upload") {
    if (options.has("held")) await gate.promise;
    const check = new CountedCheck();
    await reader.body(head, (bytes) => check.take(bytes));
    return await say(String(check));
  }
  await reader.body(head);
  if (pathname === "/written") return await say(String(written));
  if (pathname === "/release") gate.resolve();
  const after = Number(options.get("after") ?? 0);
  if (after > 0) await new Promise((resolve) => setTimeout(resolve, after));
  await say("ok");
}

async function download(connection: Deno.Conn, options: URLSearchParams): Promise<void> {
  const size = Number(options.get("size"));
  const chunked = options.has("chunked");
  const framing = chunked ? "Transfer-Encoding: chunked" : `Content-Length: ${size}`;
  await connection.write(encoder.encode(`HTTP/1.1 200 OK\r\n${framing}\r\n\r\n`));
  const over = Number(options.get("over") ?? 0);
  await writeCounted(connection, size, { chunked, over, onWritten: (bytes) => written += bytes });
}
