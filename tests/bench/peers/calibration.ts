/**
 * A fixed piece of work, as often as a line comes on standard input; writes how long it took, in
 * milliseconds. If that varies, the core varies: its clock, what else runs on it, who else shares the
 * machine.
 */
const ROUNDS = 20_000_000;

const encoder = new TextEncoder();

work(); // compiled, from now on
const buffer = new Uint8Array(16);
while (await Deno.stdin.read(buffer) !== null) {
  const began = performance.now();
  work();
  await Deno.stdout.write(encoder.encode(`${performance.now() - began}\n`));
}

function work(): number {
  let number = 1;
  for (let round = 0; round < ROUNDS; round++) number = Math.imul(number, 1_664_525) + round | 0;
  return number;
}
