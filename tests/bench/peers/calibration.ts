/**
 * Does a fixed piece of work for each line on standard input, and writes how long it took, in milliseconds.
 * If that varies, the speed of the core varies: by its clock, other processes or other virtual machines.
 *
 * The work is what proxies do, bytes over loopback. Arithmetic would not do: its speed was seen to be constant
 * while system calls and memory became 50 % slower.
 */
import { bytesOf } from "../../../lib/engines/tcp/http1/bytes.ts";

const ROUND_TRIPS = 1_000;
const REPEATS = 3;

const message = bytesOf("x".repeat(1024));
const buffer = new Uint8Array(message.length);
const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
const [there, back] = await Promise.all([
  Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port }),
  listener.accept(),
]);

for (let times = 0; times < 5; times++) await work(); // until it is compiled
const line = new Uint8Array(16);
while (await Deno.stdin.read(line) !== null) {
  let least = Infinity; // the least excludes garbage collection and interruptions
  for (let times = 0; times < REPEATS; times++) least = Math.min(least, await work());
  await Deno.stdout.write(bytesOf(`${least}\n`));
}

/** @returns how long it took, in milliseconds */
async function work(): Promise<number> {
  const began = performance.now();
  for (let trip = 0; trip < ROUND_TRIPS; trip++) {
    await there.write(message);
    for (let size = 0; size < message.length;) size += await back.read(buffer) ?? Infinity;
  }
  return performance.now() - began;
}
