import { assertEquals } from "@std/assert";
import { balance } from "../../support/balancer.ts";
import { ScriptedBackend } from "../../support/scripted_backend.ts";

Deno.test("failover: a client that closes its sending side early counts as gone, because Deno.serve treats it so", async () => {
  await using a = new ScriptedBackend("a", "stall");
  await using balancer = balance([a.url]);
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: balancer.port });
  await connection.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"));
  await a.until(() => a.requests.length === 1);
  await connection.closeWrite();
  await a.until(() => a.openConnections === 0);
  assertEquals(await new Response(connection.readable).text(), "");
});
