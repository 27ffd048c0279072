import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { RequestBody } from "../../../lib/engines/web/request_body.ts";
import { Wheel } from "../../../lib/time/timer_wheel.ts";
import { concat } from "../../support/strict_parser.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const KIB = 1024;
const KEPT = 192 * KIB;

/** A source that gives these chunks, each only when pulled, then its end or an error. */
class Source {
  given = 0;
  cancelled = false;
  readonly stream: ReadableStream<Bytes>;

  constructor(chunk: (index: number) => Bytes | undefined | Error | Promise<Bytes>) {
    this.stream = new ReadableStream({
      type: "bytes", // as Deno.serve's are
      autoAllocateChunkSize: 64 * KIB,
      pull: async (controller) => {
        const next = await chunk(this.given);
        if (next instanceof Error) return controller.error(next);
        if (next === undefined) {
          controller.close();
          controller.byobRequest?.respond(0);
          return;
        }
        this.given++;
        const { byobRequest } = controller;
        const { buffer, byteOffset, byteLength } = byobRequest!.view!;
        if (next.length > byteLength) return controller.enqueue(next.slice());
        new Uint8Array(buffer, byteOffset).set(next);
        byobRequest!.respond(next.length);
      },
      cancel: () => void (this.cancelled = true),
    }, { highWaterMark: 0 });
  }
}

const from = (chunks: readonly Bytes[]) => new Source((index) => chunks[index]);

const nothing = () => {};

/** A reader for the bytes that fetch would send. */
function readerOf(body: BodyInit): ReadableStreamDefaultReader<Bytes> {
  const stream = body instanceof Blob ? body.stream() : body as ReadableStream<Bytes>;
  return stream.getReader() as ReadableStreamDefaultReader<Bytes>;
}

const open = (body: RequestBody, onProgress = nothing) => readerOf(body.open(onProgress));

/** Reads to the end. @param most chunks, if there are more */
async function read(reader: ReadableStreamDefaultReader<Bytes>, most = Infinity): Promise<Bytes> {
  const chunks: Bytes[] = [];
  while (chunks.length < most) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
  }
  return concat(chunks);
}

const bytes = (text: string) => new TextEncoder().encode(text);
const CHUNKS = ["one", "two", "three", "four"].map(bytes);
const WHOLE = bytes("onetwothreefour");

Deno.test("RequestBody: one attempt gets all of it, and reports progress with each chunk and at the end", async () => {
  const body = new RequestBody(from(CHUNKS).stream, undefined);
  let progress = 0;
  assertEquals(await read(open(body, () => progress++)), WHOLE);
  assertEquals(progress, CHUNKS.length + 1);
  assertEquals([body.complete, body.spent, body.broken], [true, false, false]);
});

for (const before of [0, 1, 2, 4]) {
  Deno.test(`RequestBody: after an attempt took ${before} chunks the next one starts at the first byte`, async () => {
    const source = from(CHUNKS);
    const body = new RequestBody(source.stream, undefined);
    await read(open(body), before);
    assertEquals(source.given, before, "nothing is read ahead");
    assertEquals(await read(open(body)), WHOLE);
    assertEquals(source.given, CHUNKS.length, "nothing is read twice");
  });
}

Deno.test("RequestBody: an attempt that cancels its stream leaves the rest for the next one", async () => {
  const source = from(CHUNKS);
  const body = new RequestBody(source.stream, undefined);
  const first = open(body);
  await read(first, 2);
  await first.cancel();
  assertEquals([source.cancelled, body.broken], [false, false]);
  assertEquals(await read(open(body)), WHOLE);
});

Deno.test("RequestBody: for any chunks and any earlier attempts, the last attempt gets every byte once", async () => {
  const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 12 });
  const attempts = fc.array(
    fc.record({ most: fc.nat(14), ending: fc.constantFrom("cancel", "leave", "pull") }),
  );
  const sized = fc.boolean();
  await fc.assert(fc.asyncProperty(chunks, attempts, sized, async (chunks, attempts, sized) => {
    const all = chunks.map((chunk) => Uint8Array.from(chunk));
    const whole = concat(all);
    const body = new RequestBody(from(all).stream, sized ? whole.length : undefined);
    const left: Promise<unknown>[] = [];
    for (const { most, ending } of attempts) {
      const reader = open(body);
      const got = await read(reader, most);
      assertEquals(got, whole.slice(0, got.length)); // small chunks may come joined
      assert(got.length >= concat(all.slice(0, most)).length);
      if (ending === "cancel") await reader.cancel();
      if (ending === "pull") left.push(reader.read().catch(nothing)); // still reading when it fails
    }
    assertEquals(await read(open(body)), whole);
    await Promise.all(left);
    assertEquals([body.complete, body.spent, body.broken], [true, false, false]);
  }));
});

Deno.test("RequestBody: a superseded attempt gets nothing more, not even the chunk it waits for", async () => {
  const late = Promise.withResolvers<Bytes>();
  const source = new Source((index) =>
    index === 0 ? CHUNKS[0] : index === 1 ? late.promise : undefined
  );
  const body = new RequestBody(source.stream, undefined);
  let progress = 0;
  const first = open(body, () => progress++);
  await first.read();
  const waiting = assertRejects(() => first.read(), Error, "superseded");
  const second = read(open(body));
  late.resolve(CHUNKS[1]!);
  await waiting;
  assertEquals(await second, bytes("onetwo"));
  assertEquals(progress, 1, "a superseded attempt reports no progress");
});

Deno.test("RequestBody: a superseded attempt gets no kept chunk either", async () => {
  const body = new RequestBody(from(CHUNKS).stream, undefined);
  const first = open(body);
  await read(first, 1);
  await read(open(body));
  await assertRejects(() => first.read(), Error, "superseded");
});

Deno.test("RequestBody: awaitsClient is true while bytes are awaited, and only then", async () => {
  const [asked, late] = [Promise.withResolvers<void>(), Promise.withResolvers<Bytes>()];
  const source = new Source((index) => {
    asked.resolve();
    return index === 0 ? late.promise : undefined;
  });
  const body = new RequestBody(source.stream, undefined);
  assertStrictEquals(body.awaitsClient, false);
  const reading = open(body).read();
  await asked.promise;
  assertStrictEquals(body.awaitsClient, true);
  late.resolve(CHUNKS[0]!);
  await reading;
  assertStrictEquals(body.awaitsClient, false);
});

const filled = (size: number, value = 0): Bytes => new Uint8Array(size).fill(value);

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

Deno.test("RequestBody: if the client breaks off, the attempt fails and the body is broken", async () => {
  const source = new Source((index) => index < 2 ? CHUNKS[index] : new Error("the client left"));
  const body = new RequestBody(source.stream, undefined);
  const reader = open(body);
  assertEquals(await read(reader, 2), bytes("onetwo"));
  assertStrictEquals(body.broken, false);
  await assertRejects(() => reader.read(), Error, "the client left");
  assertEquals([body.broken, body.complete, body.awaitsClient], [true, false, false]);
  await assertRejects(() => read(open(body)), Error, "the client left");
});

Deno.test("RequestBody: a body of known length is a Blob of that size, which is read once", async () => {
  const body = new RequestBody(from(CHUNKS).stream, WHOLE.length);
  const opened = body.open(nothing);
  if (!(opened instanceof Blob)) throw new Error("no Blob");
  assertEquals([opened.size, body.length], [WHOLE.length, WHOLE.length]);
  assertEquals(await read(readerOf(opened)), WHOLE);
});

Deno.test("RequestBody: a body of unknown length is a plain stream", () => {
  const body = new RequestBody(from(CHUNKS).stream, undefined);
  assert(body.open(nothing) instanceof ReadableStream);
});

Deno.test("RequestBody: an announced body is present without a read", async () => {
  const source = from(CHUNKS);
  assertStrictEquals(await new RequestBody(source.stream, undefined).isPresent(), true);
  assertStrictEquals(source.given, 0);
});

Deno.test("RequestBody: an unannounced body is present if a byte arrives, which is not lost", async () => {
  const body = new RequestBody(from(CHUNKS).stream, undefined, false);
  assertStrictEquals(await body.isPresent(), true);
  assertEquals(await read(open(body)), WHOLE);
});

Deno.test("RequestBody: an unannounced body is absent if its end comes first, present if it breaks", async () => {
  assertStrictEquals(await new RequestBody(from([]).stream, undefined, false).isPresent(), false);
  const broken = new RequestBody(new Source(() => new Error("left")).stream, undefined, false);
  assertStrictEquals(await broken.isPresent(), true);
  await assertRejects(() => read(open(broken)), Error, "left");
});

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

Deno.test("RequestBody: cancel ends its source and the attempt under way", async () => {
  const source = from(CHUNKS);
  const body = new RequestBody(source.stream, undefined);
  const reader = open(body);
  await read(reader, 1);
  body.cancel();
  await assertRejects(() => reader.read(), Error, "superseded");
  assertStrictEquals(source.cancelled, true);
});

Deno.test("RequestBody: a broken body can be cancelled", async () => {
  const body = new RequestBody(new Source(() => new Error("left")).stream, undefined);
  await assertRejects(() => read(open(body)));
  body.cancel();
});

/** V8's garbage collector, to be called by hand. */
function garbageCollector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc");
}
