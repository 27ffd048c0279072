import { assert, assertEquals, assertThrows } from "@std/assert";
import { listen } from "../../lib/net/http_server.ts";
import { Program } from "../support/program.ts";
import { Dialogue } from "../support/raw_client.ts";
import { deadPort } from "../support/dead_port.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";

const GET = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";

Deno.test("listen: an address in use is an error at once", () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  const options = {
    hostname: "127.0.0.1",
    port,
    onError: () => new Response("error"),
    onWarning: () => {},
  };
  assertThrows(() => listen(options, () => new Response("ok")), Deno.errors.AddrInUse);
});

for (const engine of ["web", "tcp"]) {
  Deno.test(`listen: ${engine} engine: after a lack of file descriptors, open connections go on and new ones are accepted again`, async () => {
    await using backend = new ScriptedBackend("a");
    const port = deadPort();
    await using program = new Program(["start"], {
      env: {
        USERS_SERVICE: backend.url,
        HOST: "127.0.0.1",
        PORT: String(port),
        ENGINE: engine,
        ADMIN_PORT: "off",
      },
      descriptors: 64,
    });
    await program.shows(/only \d+ more file descriptors can be opened/);
    await program.shows(/listening on/);
    using first = await Dialogue.open(port);
    await first.send(GET);
    assertEquals((await first.response()).status, 200);

    // A client with a broken connection pool: it opens many connections, and uses none.
    for (let round = 0; round < 10; round++) {
      const opening = Array.from(
        { length: 100 },
        () => Dialogue.open(port).catch(() => undefined), // refused while there is no listener
      );
      const clients = await Promise.all(opening);
      for (const client of clients) client?.[Symbol.dispose]();
      await first.send(GET); // often enough not to be closed as idle
      assertEquals((await first.response()).status, 200, "an open connection goes on");
    }

    let served = 0;
    const until = performance.now() + 5_000;
    while (served < 20 && performance.now() < until) {
      const response = await fetch(`http://127.0.0.1:${port}`).catch(() => undefined);
      served = await response?.text() === "a" ? served + 1 : 0;
    }
    assertEquals(served, 20, program.stderr);
    const warnings =
      /the listener broke, listening again|the limit of client connections is reached/g;
    const times = program.stderr.match(warnings)?.length ?? 0;
    assert(times >= 1 && times <= 2, program.stderr);
    program.kill("SIGTERM");
    assertEquals(await program.status(), 0);
  });
}
