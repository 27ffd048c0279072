import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { RequestBody } from "../../../lib/engines/web/request_body.ts";
import { type Bytes, filled, from, KIB, open, read, Source } from "../../support/request_bodies.ts";
import { concat } from "../../support/strict_parser.ts";

const KEPT = 192 * KIB;

for (
  const [size, spent] of [[KEPT - 1, false], [KEPT, false], [KEPT + 1, true]] as const
) {
  Deno.test(`RequestBody: after ${size} bytes it is ${spent ? "" : "not "}spent`, async () => {
    const body = new RequestBody(from([filled(KEPT - 10), filled(size - KEPT + 10)]).stream, size);
    await read(open(body));
    assertEquals(body.spent, spent);
    if (!spent) assertEquals((await read(open(body))).length, size);
  });
}

Deno.test("RequestBody: further attempts do not add to the bytes kept", async () => {
  const body = new RequestBody(from([filled(KEPT - 1), filled(1), filled(1)]).stream, undefined);
  for (let attempt = 1; attempt <= 5; attempt++) await read(open(body), 2);
  assertStrictEquals(body.spent, false);
  await read(open(body));
  assertStrictEquals(body.spent, true);
});

Deno.test("RequestBody: a spent body is sent whole by the attempt under way", async () => {
  const chunks = Array.from({ length: 10 }, (_, index) => filled(50 * KIB, index));
  const body = new RequestBody(from(chunks).stream, undefined);
  await read(open(body), 2); // a first attempt fails while all of it is kept
  assertEquals(await read(open(body)), concat(chunks));
  assertStrictEquals(body.spent, true);
});

Deno.test("RequestBody: a body that the last read of a superseded attempt makes spent is still sent whole", async () => {
  const [asked, late] = [Promise.withResolvers<void>(), Promise.withResolvers<Bytes>()];
  const chunks = [1, 2, 3, 4, 5].map((value) => filled(60 * KIB, value));
  const source = new Source((index) => {
    if (index !== 3) return chunks[index];
    asked.resolve();
    return late.promise;
  });
  const body = new RequestBody(source.stream, undefined);
  const first = open(body);
  await read(first, 3);
  const waiting = assertRejects(() => first.read(), Error, "superseded");
  await asked.promise;
  const second = open(body);
  late.resolve(chunks[3]!);
  await waiting;
  assertStrictEquals(body.spent, true);
  assertEquals(await read(second), concat(chunks));
});

Deno.test("RequestBody: a spent body keeps no piece that was sent", async () => {
  const collectGarbage = garbageCollector();
  const sent: WeakRef<ArrayBuffer>[] = [];
  const source = new Source((index) => index === 40 ? undefined : filled(32 * KIB));
  const body = new RequestBody(source.stream, undefined);
  const reader = open(body);
  const alive = async (most: number) => {
    for (let i = 0; i < most; i++) sent.push(new WeakRef((await reader.read()).value!.buffer));
    await new Promise((resolve) => setTimeout(resolve, 0)); // weak references hold for one turn
    collectGarbage();
    return sent.filter((buffer) => buffer.deref() !== undefined).length;
  };
  assertEquals(await alive(6), 6, "all of it is kept while it may be needed again");
  assert(await alive(30) <= 2);
  assert(body.spent && !body.complete);
});

Deno.test("RequestBody: bytes that arrive one by one are kept in buffers of about their size", async () => {
  const source = new Source((index) => index === KIB ? undefined : filled(1));
  const body = new RequestBody(source.stream, undefined);
  const buffers = new Set<ArrayBuffer>();
  const reader = open(body);
  for (let got = 0; got < KIB;) {
    const piece = (await reader.read()).value!;
    buffers.add(piece.buffer);
    got += piece.length;
  }
  const held = [...buffers].reduce((sum, { byteLength }) => sum + byteLength, 0);
  assert(held <= 2 * KIB, `${held} bytes are held`);
});

/** V8's garbage collector, to be called by hand. */
function garbageCollector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc");
}
