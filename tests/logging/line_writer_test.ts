import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { LineWriter, type Sink } from "../../lib/logging/line_writer.ts";

const decoder = new TextDecoder();

/** A sink that takes a limited number of bytes at a time, and remembers them. */
class SlowSink implements Sink {
  readonly writes: Uint8Array[] = [];

  constructor(readonly most = Infinity) {}

  get text(): string {
    return this.writes.map((bytes) => decoder.decode(bytes, { stream: true })).join("") +
      decoder.decode();
  }

  write(bytes: Uint8Array): Promise<number> {
    this.writes.push(bytes.slice(0, Math.min(this.most, bytes.length)));
    return Promise.resolve(this.writes.at(-1)!.length);
  }
}

/** A sink whose writes wait until they are released. */
class StuckSink implements Sink {
  readonly texts: string[] = [];
  #release: (() => void) | undefined;

  write(bytes: Uint8Array): Promise<number> {
    this.texts.push(decoder.decode(bytes));
    return new Promise((resolve) => this.#release = () => resolve(bytes.length));
  }

  release(): void {
    this.#release?.();
  }
}

const MEBIBYTE = "x".repeat(1024 * 1024 - 1);

Deno.test("LineWriter: a line is written with a line feed", async () => {
  const sink = new SlowSink();
  const writer = new LineWriter(sink, unexpected);
  writer.write("one");
  await writer.flush();
  assertEquals(sink.text, "one\n");
});

Deno.test("LineWriter: without lines, nothing is written", async () => {
  const sink = new SlowSink();
  await new LineWriter(sink, unexpected).flush();
  assertEquals(sink.writes, []);
});

Deno.test("LineWriter: lines of one moment share a write", async () => {
  const sink = new SlowSink();
  const writer = new LineWriter(sink, unexpected);
  for (const line of ["one", "two", "three"]) writer.write(line);
  assertEquals(sink.writes.length, 0, "no request waits for its line");
  await writer.flush();
  assertEquals([sink.writes.length, sink.text], [1, "one\ntwo\nthree\n"]);
});

Deno.test("LineWriter: it writes again after a flush", async () => {
  const sink = new SlowSink();
  const writer = new LineWriter(sink, unexpected);
  writer.write("one");
  await writer.flush();
  writer.write("two");
  await writer.flush();
  assertEquals(sink.text, "one\ntwo\n");
});

Deno.test("LineWriter: if a sink takes only part of the bytes, the rest follows", async () => {
  const lines = fc.array(fc.string({ unit: "grapheme" }), { minLength: 1, maxLength: 8 });
  await fc.assert(fc.asyncProperty(lines, fc.integer({ min: 1, max: 5 }), async (lines, most) => {
    const sink = new SlowSink(most);
    const writer = new LineWriter(sink, unexpected);
    for (const line of lines) writer.write(line);
    await writer.flush();
    assertEquals(sink.text, lines.map((line) => `${line}\n`).join(""));
  }));
});

Deno.test("LineWriter: lines that arrive during a write are written after it, in order", async () => {
  const sink = new StuckSink();
  const writer = new LineWriter(sink, unexpected);
  writer.write("one");
  await Promise.resolve();
  writer.write("two");
  writer.write("three");
  assertEquals(sink.texts, ["one\n"]);
  sink.release();
  await until(() => sink.texts.length === 2);
  assertEquals(sink.texts[1], "two\nthree\n");
  sink.release();
  await writer.flush();
});

Deno.test("LineWriter: lines for which a slow sink has no room are counted and reported, not kept", async () => {
  const sink = new StuckSink();
  const writer = new LineWriter(sink, unexpected);
  writer.write("first");
  await Promise.resolve();
  for (let index = 0; index < 12; index++) writer.write(MEBIBYTE);
  assertEquals(sink.texts, ["first\n"]);
  sink.release();
  await until(() => sink.texts.length === 2);
  const kept = sink.texts[1]!.split("\n").filter((line) => line === MEBIBYTE).length;
  assert(kept >= 4 && kept <= 5, `${kept} MiB kept`);
  const report = sink.texts[1]!.slice(-100).split("\n").at(-2);
  assertEquals(report, `(${12 - kept} lines left out: output is read too slowly)`);
  writer.write("later");
  sink.release();
  await until(() => sink.texts.length === 3);
  assertEquals(sink.texts[2], "later\n", "the count is reported once");
  sink.release();
  await writer.flush();
});

for (const error of [new Deno.errors.BrokenPipe("gone"), new Error("No space left on device")]) {
  Deno.test(`LineWriter: after ${error.message} it reports the error, and writes the next line`, async () => {
    let writes = 0;
    const errors: unknown[] = [];
    const sink = { write: () => (writes++, Promise.reject(error)) };
    const writer = new LineWriter(sink, (error) => errors.push(error));
    for (const line of ["one", "two"]) {
      writer.write(line);
      await writer.flush();
    }
    assertEquals([writes, errors], [2, [error, error]]);
  });
}

function unexpected(error: unknown): void {
  throw error;
}

/** Runs microtasks until the condition holds. */
async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 100 && !condition(); turn++) await Promise.resolve();
  assert(condition(), "the condition never held");
}
