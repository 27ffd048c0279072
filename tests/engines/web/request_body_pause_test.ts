import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { RequestBody } from "../../../lib/engines/web/request_body.ts";
import { Wheel } from "../../../lib/time/timer_wheel.ts";
import {
  bytes,
  CHUNKS,
  filled,
  from,
  KIB,
  open,
  read,
  WHOLE,
} from "../../support/request_bodies.ts";

Deno.test("RequestBody: between the first pieces an answer can come", async () => {
  const body = new RequestBody(from([filled(60 * KIB), filled(60 * KIB)]).stream, undefined);
  const reader = open(body);
  await reader.read();
  let turned = false;
  setTimeout(() => turned = true, 0);
  await reader.read();
  assertStrictEquals(turned, true);
});

Deno.test("RequestBody: in a pause nothing is sent, and then the rest", async () => {
  const wheel = new Wheel(0);
  const body = new RequestBody(from(CHUNKS).stream, undefined);
  const reader = open(body);
  await read(reader, 2);
  body.pause(wheel, 100);
  let sent = false;
  const rest = read(reader).finally(() => sent = true);
  for (let now = 50; now <= 100; now += 50) {
    wheel.turn(now);
    await new Promise((resolve) => setTimeout(resolve, 5));
    assertStrictEquals(sent, false);
  }
  for (let now = 150; now <= 300; now += 50) wheel.turn(now);
  assertEquals(await rest, bytes("threefour"));
});

Deno.test("RequestBody: a pause does not hold another attempt, nor a body that is given up", async () => {
  const wheel = new Wheel(0);
  for (const giveUp of [true, false]) {
    const body = new RequestBody(from(CHUNKS).stream, undefined);
    const reader = open(body);
    await read(reader, 1);
    body.pause(wheel, 100);
    const waiting = assertRejects(() => read(reader), Error, "superseded");
    if (giveUp) body.cancel();
    else assertEquals(await read(open(body)), WHOLE);
    await waiting;
  }
});

for (const [size, expected] of [[64 * KIB, false], [64 * KIB + 1, true]] as const) {
  Deno.test(`RequestBody: just after its end a body of ${size} bytes is ${expected ? "" : "not "}being sent`, async () => {
    const body = new RequestBody(from([filled(60 * KIB), filled(size - 60 * KIB)]).stream, size);
    assertStrictEquals(body.isBeingSent, false);
    const reader = open(body);
    await reader.read();
    assertStrictEquals(body.isBeingSent, true);
    await read(reader);
    assertStrictEquals(body.isBeingSent, expected);
  });
}
