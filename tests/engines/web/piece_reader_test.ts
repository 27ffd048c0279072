import { assert, assertEquals, assertRejects } from "@std/assert";
import { PieceReader } from "../../../lib/engines/web/piece_reader.ts";
import { concat } from "../../support/strict_parser.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const KIB = 1024;

/** A body like those of Deno.serve and fetch. @param chunk what comes next; undefined at the end */
function bodyOf(chunk: (index: number) => Bytes | undefined | Promise<Bytes>) {
  let index = 0;
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      const next = await chunk(index++);
      if (next === undefined) {
        controller.close();
        controller.byobRequest?.respond(0);
      } else controller.enqueue(next.slice());
    },
  });
}

const chunksOf = (size: number, count: number) =>
  bodyOf((index) => index < count ? new Uint8Array(size).fill(index) : undefined);

async function readAll(reader: PieceReader): Promise<Bytes[]> {
  const pieces: Bytes[] = [];
  for (let piece; (piece = await reader.read()) !== undefined;) pieces.push(piece);
  return pieces;
}

for (
  const [size, count] of [[1, 5_000], [100, 500], [1_023, 50], [1_024, 50], [70 * KIB, 5]] as const
) {
  Deno.test(`PieceReader: ${count} chunks of ${size} bytes come whole, in buffers of at most twice their bytes`, async () => {
    const pieces = await readAll(new PieceReader(chunksOf(size, count)));
    const whole = Array.from({ length: count }, (_, index) => new Uint8Array(size).fill(index));
    assertEquals(concat(pieces), concat(whole));
    for (const { buffer, length } of pieces) assert(buffer.byteLength <= 2 * length);
    assertEquals(new Set(pieces.map(({ buffer }) => buffer)).size, pieces.length);
  });
}

Deno.test("PieceReader: a body that is no byte stream is read the same way", async () => {
  const sizes = [...Array(40).fill(1), 70 * KIB, ...Array(40).fill(500), 2 * KIB];
  const source = ReadableStream.from(
    sizes.map((size, index) => new Uint8Array(64 * KIB + size).fill(index).subarray(0, size)),
  );
  const pieces = await readAll(new PieceReader(source));
  assertEquals(
    concat(pieces),
    concat(sizes.map((size, index) => new Uint8Array(size).fill(index))),
  );
  for (const { buffer, length } of pieces) assert(buffer.byteLength <= 2 * length);
});

Deno.test("PieceReader: many small chunks that are there come in few pieces", async () => {
  const pieces = await readAll(new PieceReader(chunksOf(1, 10_000)));
  assert(pieces.length < 100, `${pieces.length} pieces`);
});

Deno.test("PieceReader: a small chunk does not wait for the next one", async () => {
  const chunks = Array.from({ length: 50 }, () => Promise.withResolvers<Bytes>());
  const reader = new PieceReader(bodyOf((index) => chunks[index]?.promise));
  for (const [index, { resolve }] of chunks.entries()) {
    const reading = reader.read();
    resolve(Uint8Array.of(index));
    assertEquals(await reading, Uint8Array.of(index));
  }
  assertEquals(await reader.read());
});

Deno.test("PieceReader: while small chunks are gathered, others get their turns", async () => {
  let ended = false;
  const reader = new PieceReader(bodyOf(() => ended ? undefined : new Uint8Array(1)));
  setTimeout(() => ended = true, 0);
  await readAll(reader); // or it would never end
});

Deno.test("PieceReader: after small chunks large ones are read whole again", async () => {
  const sizes = [...Array(40).fill(1), ...Array(8).fill(64 * KIB)];
  const reader = new PieceReader(
    bodyOf((index) => sizes[index] && new Uint8Array(sizes[index])),
  );
  const pieces = await readAll(reader);
  assertEquals(concat(pieces).length, 40 + 8 * 64 * KIB);
  assertEquals(pieces.at(-2)!.length, 64 * KIB);
});

for (const before of [1, 40]) {
  Deno.test(`PieceReader: a body that breaks off after ${before} chunks fails`, async () => {
    const reader = new PieceReader(
      bodyOf((index) => index < before ? new Uint8Array(1) : Promise.reject(new Error("left"))),
    );
    await assertRejects(() => readAll(reader), Error, "left");
    await assertRejects(() => reader.read(), Error, "left");
  });
}

Deno.test("PieceReader: cancel ends a read under way", async () => {
  const never = Promise.withResolvers<Bytes>();
  const reader = new PieceReader(
    bodyOf((index) => index < 40 ? new Uint8Array(1) : never.promise),
  );
  const reading = readAll(reader);
  await new Promise((resolve) => setTimeout(resolve, 0));
  await reader.cancel();
  assertEquals(concat(await reading).length, 40);
  never.resolve(new Uint8Array(1));
});

Deno.test("PieceReader: small pieces that are not kept are not copied", async () => {
  for (const isKept of [true, false]) {
    const chunk = new Uint8Array(new ArrayBuffer(64 * KIB), 0, 16 * KIB);
    const source = new ReadableStream<Bytes>({ start: (controller) => controller.enqueue(chunk) });
    const piece = await new PieceReader(source, isKept).read();
    assertEquals([piece!.length, piece!.buffer === chunk.buffer], [16 * KIB, !isKept]);
  }
});
