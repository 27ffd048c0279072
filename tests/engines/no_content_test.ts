import { assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { forEachEngine } from "../support/each_engine.ts";
import { Dialogue } from "../support/raw_client.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";

/** What follows the status line, for each way to frame a response without content. */
const FRAMINGS = {
  "a length of 0": "Content-Length: 0\r\n\r\n",
  "no chunk but the last": "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  "the end of the connection": "\r\n",
};

forEachEngine(({ engine, balance, test }) => {
  for (const status of [204, 205, 304]) {
    for (const [framing, rest] of Object.entries(FRAMINGS)) {
      for (const method of ["GET", "HEAD", "POST"]) {
        // A HEAD and these two have no body, however they are framed (RFC 9112, 6.3).
        if (framing === "no chunk but the last" && (method === "HEAD" || status !== 205)) continue;

        test(`no content: a ${status} to ${method}, framed by ${framing}, ends for the client`, async () => {
          const reply = `HTTP/1.1 ${status} Fine\r\n${rest}`;
          const closes = framing === "the end of the connection";
          await using backend = new ScriptedBackend("a", ({ target }) => {
            if (target !== "/") return "serve";
            return closes ? { replyAndClose: reply } : { reply };
          });
          await using balancer = balance([backend.url]);
          using client = await Dialogue.open(balancer.port);
          const ask = async (method: string, path: string) => {
            await client.send(`${method} ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n`);
            return await deadline(client.response({ toHead: method === "HEAD" }), 10_000);
          };
          // Deno.serve could not frame a 205: the client would wait for its end.
          const isChanged = engine === "web" && status === 205 && method !== "HEAD";
          const response = await ask(method, "/");
          assertEquals(response.status, isChanged ? 204 : status);
          assertEquals(response.body.length, 0);
          assertEquals((await ask("GET", "/next")).status, 200);
          assertEquals(balancer.changes, []);
        });
      }
    }
  }
});
