/**
 * Clients that send half a head and then a byte now and then, as slow-head attacks do.
 *
 * Use: `deno run -A tests/bench/tricklers.ts PORT COUNT`; says how many connections were made, and after
 * how many milliseconds the last of them was closed by the other side.
 */
import { print } from "../../lib/logging/log.ts";

const [port, count] = Deno.args.map(Number);
const startedAt = performance.now();
const encoder = new TextEncoder();
let connected = 0;

async function trickle(): Promise<number> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: port! });
  connected++;
  await connection.write(encoder.encode("GET / HTTP/1.1\r\nHost: a.test\r\nX-Slow: "));
  const timer = setInterval(() => {
    connection.write(encoder.encode("x")).catch(() => clearInterval(timer)); // closed meanwhile
  }, 2_000);
  try {
    while (await connection.read(new Uint8Array(1024)) !== null);
  } catch (error) {
    if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
  }
  clearInterval(timer);
  connection.close();
  return performance.now() - startedAt;
}

const ends: Promise<number>[] = [];
for (let i = 0; i < count!; i++) {
  ends.push(trickle());
  if (i % 50 === 49) await new Promise((resolve) => setTimeout(resolve, 20)); // over two seconds
}
const last = Math.max(...await Promise.all(ends));
print(`${connected} ${Math.round(last)}\n`);
