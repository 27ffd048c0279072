import { assertEquals } from "@std/assert";
import { fetchSecurely } from "../../lib/cli/secure_fetch.ts";
import { certificateFor } from "../support/certificates.ts";

/** What a server that answers so gives: the status, or what is thrown. */
async function outcomeOf(answer: string): Promise<unknown> {
  const { cert, key } = await certificateFor(["localhost"]);
  using listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert, key });
  const serve = async () => {
    using connection = await listener.accept();
    const bytes = new Uint8Array(1024);
    await connection.read(bytes);
    await connection.write(new TextEncoder().encode(answer));
    await connection.read(bytes).catch(() => {}); // until the client closes, however it does
  };
  const served = serve();
  const url = `https://127.0.0.1:${listener.addr.port}/`;
  try {
    const response = await fetchSecurely(url, { signal: new AbortController().signal }, "anybody");
    return [response.status, await response.text()];
  } catch (error) {
    return (error as Error).message;
  } finally {
    await served;
  }
}

const head = (status: number, fields = "") => `HTTP/1.1 ${status} X\r\n${fields}\r\n`;
const CLOSE = "content-length: 0\r\nconnection: close\r\n";

for (
  const [what, answer, outcome] of [
    ["the body of 200", `${head(200, "content-length: 2\r\nconnection: close\r\n")}hi`, [
      200,
      "hi",
    ]],
    ["the body of 204", head(204, "connection: close\r\n"), [204, ""]],
    ["the body of 304", head(304, "connection: close\r\n"), [304, ""]],
    [
      "what follows 101",
      head(101, "upgrade: x\r\nconnection: upgrade\r\n"),
      "it answered 101, which was not asked for",
    ],
    [
      "a status that does not exist",
      head(999, CLOSE),
      "The status provided (999) is not equal to 101 and outside the range [200, 599]",
    ],
  ] as const
) {
  Deno.test(`a request to a known certificate: it does not wait without end for ${what}`, async () => {
    assertEquals(await outcomeOf(answer), outcome);
  });
}
