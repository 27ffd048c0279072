/**
 * Measures how exact a rate limit is over several workers: how many requests of a flood get through in each
 * second. `deno run -A tests/bench/rate_limit.ts [engine] [workers]`
 *
 * With a burst of 1, time in which no request is there is lost, as it should be. So there are few connections:
 * on a machine with few cores, more make requests wait for a core, and fewer get through.
 */
import { print } from "../../lib/logging/log.ts";
import { deadPort } from "../support/dead_port.ts";
import { Program } from "../support/program.ts";

const [engine = "tcp", workers = "4"] = Deno.args;
const SECONDS = 10;
const CONNECTIONS = 8;

const backend = Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen() {} },
  () => new Response("a"),
);
const port = deadPort();
const file = await Deno.makeTempFile({ suffix: ".jsonc" });
await Deno.writeTextFile(
  file,
  JSON.stringify({
    engine,
    workers: Number(workers),
    admin: "off",
    log: { access: "off" },
    listeners: { http: { host: "127.0.0.1", port } },
    pools: { users: { backends: [`http://127.0.0.1:${backend.addr.port}`] } },
    routes: [{ name: "limited", rateLimit: { rate: "100/s", burst: 1 }, pool: "users" }],
  }),
);
await using program = new Program(["start", "--config", file], {});
await program.shows(/listening on/);

const REQUEST = new TextEncoder().encode("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
const passed = Array<number>(SECONDS).fill(0);
let asked = 0;
const startedAt = performance.now();

async function ask(): Promise<void> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const buffer = new Uint8Array(4096);
  while (true) {
    await connection.write(REQUEST);
    const size = await connection.read(buffer);
    const second = Math.floor((performance.now() - startedAt) / 1000);
    if (size === null || second >= SECONDS) return;
    asked++;
    if (new TextDecoder().decode(buffer.subarray(9, 12)) === "200") passed[second]!++;
  }
}

await Promise.all(Array.from({ length: CONNECTIONS }, ask));
print(`${engine}, ${workers} workers, ${Math.round(asked / SECONDS)} requests/s asked\n`);
print(`passed in each second: ${passed.join(" ")}\n`);
await backend.shutdown();
await Deno.remove(file);
