/**
 * A fixed piece of work, as often as a line comes on standard input; writes how long it took, in milliseconds.
 * If that varies, the core varies: its clock, what else runs on it, who else shares the machine.
 *
 * It is work of the kind that proxies do, bytes over loopback: mere arithmetic was found to take as long as
 * ever while system calls and memory had become half as slow again.
 */
import { bytesOf } from "../../../lib/engines/tcp/http1/bytes.ts";

const ROUND_TRIPS = 1_000;
const TIMES = 3;

const message = bytesOf("x".repeat(1024));
const buffer = new Uint8Array(message.length);
const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
const [there, back] = await Promise.all([
  Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port }),
  listener.accept(),
]);

for (let times = 0; times < 5; times++) await work(); // compiled, from now on
const line = new Uint8Array(16);
while (await Deno.stdin.read(line) !== null) {
  let least = Infinity; // a collection of garbage, or one interruption, is not the core's own pace
  for (let times = 0; times < TIMES; times++) least = Math.min(least, await work());
  await Deno.stdout.write(bytesOf(`${least}\n`));
}

/** How long it took, in milliseconds. */
async function work(): Promise<number> {
  const began = performance.now();
  for (let trip = 0; trip < ROUND_TRIPS; trip++) {
    await there.write(message);
    for (let size = 0; size < message.length;) size += await back.read(buffer) ?? Infinity;
  }
  return performance.now() - began;
}
