import { assertEquals } from "@std/assert";
import { Program } from "../../../support/program.ts";
import { Dialogue } from "../../../support/raw_client.ts";
import { deadPort } from "../../../support/dead_port.ts";
import { ScriptedBackend } from "../../../support/scripted_backend.ts";

Deno.test("descriptors: if none is left, accepting pauses with one warning, and open connections are still served", async () => {
  await using backend = new ScriptedBackend("a");
  const port = deadPort();
  await using program = new Program(["start"], {
    env: {
      USERS_SERVICE: backend.url,
      HOST: "127.0.0.1",
      PORT: String(port),
      ENGINE: "tcp",
      ADMIN_PORT: "off",
    },
    descriptors: 64,
  });
  await program.shows(/listening on/);
  using first = await Dialogue.open(port);
  await first.send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
  assertEquals((await first.response()).status, 200);
  const silent = await Promise.all(Array.from({ length: 100 }, () => Dialogue.open(port)));
  await program.shows(/the limit of client connections is reached/);

  await first.send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
  assertEquals((await first.response()).status, 200);
  for (const client of silent) client[Symbol.dispose]();
  using late = await Dialogue.open(port);
  await late.send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
  assertEquals((await late.response()).status, 200);

  program.kill("SIGTERM");
  assertEquals(await program.status(), 0);
  assertEquals(program.stderr.match(/the limit of client connections/g)?.length, 1);
});
