import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { RequestBody } from "../../../lib/engines/web/request_body.ts";
import {
  type Bytes,
  bytes,
  CHUNKS,
  from,
  nothing,
  open,
  read,
  readerOf,
  Source,
  WHOLE,
} from "../../support/request_bodies.ts";
import { CLIENT_BROKE_OFF } from "../../../lib/engines/shared/failures.ts";
import { concat } from "../../support/strict_parser.ts";

Deno.test("RequestBody: one attempt gets all of it, and reports progress with each chunk and at the end", async () => {
  const body = new RequestBody(from(CHUNKS).stream, undefined);
  let progress = 0;
  assertEquals(await read(open(body, () => progress++)), WHOLE);
  assertEquals(progress, CHUNKS.length + 1);
  assertEquals([body.complete, body.spent, body.fault], [true, false, undefined]);
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
  assertEquals([source.cancelled, body.fault], [false, undefined]);
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
    assertEquals([body.complete, body.spent, body.fault], [true, false, undefined]);
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

Deno.test("RequestBody: if the client breaks off, the attempt fails and the body is broken", async () => {
  const source = new Source((index) => index < 2 ? CHUNKS[index] : new Error("the client left"));
  const body = new RequestBody(source.stream, undefined);
  const reader = open(body);
  assertEquals(await read(reader, 2), bytes("onetwo"));
  assertStrictEquals(body.fault, undefined);
  await assertRejects(() => reader.read(), Error, "the client left");
  assertEquals([body.fault, body.complete, body.awaitsClient], [CLIENT_BROKE_OFF, false, false]);
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
