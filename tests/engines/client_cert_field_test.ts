/** Client-Cert says what this balancer has verified: nobody else may say it. */
import { assertEquals } from "@std/assert";
import { forEachEngine } from "../support/each_engine.ts";
import { Dialogue } from "../support/raw_client.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";

const FORGED = [
  "Client-Cert: :AAAA:",
  "client_cert: :AAAA:",
  "CLIENT-CERT-CHAIN: :AAAA:",
  "Client_Cert_Chain: :AAAA:",
  "Client-Certs: kept",
];

forEachEngine(({ test, balance }) => {
  for (const isTrusted of [false, true]) {
    const who = isTrusted ? "a trusted proxy" : "a client";
    test(`Client-Cert of ${who} reaches no backend, however it is spelt`, async () => {
      await using backend = new ScriptedBackend("a");
      await using balancer = balance([backend.url], { isTrusted: () => isTrusted });
      using client = await Dialogue.open(balancer.port);
      for (const other of ["", "Connection: x-a\r\n", "Max-Forwards: 3\r\n"]) {
        const lines = FORGED.join("\r\n");
        await client.send(`GET / HTTP/1.1\r\nHost: a\r\n${other}${lines}\r\n\r\n`);
        assertEquals((await client.response()).status, 200);
      }
      for (const { fields } of backend.requests) {
        const values = fields.filter(([name]) => /^client/i.test(name)).map(([, value]) => value);
        assertEquals(values, ["kept"]);
      }
      assertEquals(backend.requests.length, 3);
    });
  }
});
