/** What both kinds of sockets do with the descriptors of their process. */
import { assertEquals } from "@std/assert";
import { IO } from "../../lib/net/io.ts";
import { Program } from "../support/program.ts";

const SCRIPT = new URL("../support/sockets_process.ts", import.meta.url);

/** What a process of its own finds. */
async function find(io: string, what: "churn" | "lack", descriptors?: number): Promise<unknown> {
  const options = descriptors === undefined ? {} : { descriptors };
  await using program = new Program([io, what], { script: SCRIPT, ...options });
  assertEquals([await program.status(), program.stderr], [0, ""]);
  return JSON.parse(program.stdout);
}

for (const io of Object.keys(IO)) {
  Deno.test(`${io} sockets: whatever becomes of connections, their descriptors are closed`, async () => {
    assertEquals(await find(io, "churn"), { areLeft: 0 });
  });

  Deno.test(`${io} sockets: if no descriptor is left, connect and accept say so, and nothing is lost`, async () => {
    const failure = "connection_limit_reached: no file descriptor is left";
    assertEquals(await find(io, "lack", 128), {
      connect: failure,
      named: failure,
      accept: "lack",
      again: "lack",
      received: 1,
    });
  });
}
