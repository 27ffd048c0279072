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

  /** Releases each write until the promise resolves. */
  async drain(finished: Promise<void>): Promise<void> {
    let done = false;
    finished.then(() => done = true);
    for (let turn = 0; turn < 10_000 && !done; turn++) {
      this.release();
      await Promise.resolve();
    }
    await finished;
  }
}

const MEBIBYTE = "x".repeat(1024 * 1024 - 1);

/** A writer whose lines must all be written. */
function createWriter(sink: Sink): LineWriter {
  return new LineWriter(sink, { onError: unexpected, onDropped: unexpected, clock: () => 0 });
}

Deno.test("LineWriter: a line is written with a line feed", async () => {
  const sink = new SlowSink();
  const writer = createWriter(sink);
  writer.write("one");
  await writer.flush();
  assertEquals(sink.text, "one\n");
});

Deno.test("LineWriter: without lines, nothing is written", async () => {
  const sink = new SlowSink();
  await createWriter(sink).flush();
  assertEquals(sink.writes, []);
});

Deno.test("LineWriter: lines of one moment share a write", async () => {
  const sink = new SlowSink();
  const writer = createWriter(sink);
  for (const line of ["one", "two", "three"]) writer.write(line);
  assertEquals(sink.writes.length, 0, "no request waits for its line");
  await writer.flush();
  assertEquals([sink.writes.length, sink.text], [1, "one\ntwo\nthree\n"]);
});

Deno.test("LineWriter: it writes again after a flush", async () => {
  const sink = new SlowSink();
  const writer = createWriter(sink);
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
    const writer = createWriter(sink);
    for (const line of lines) writer.write(line);
    await writer.flush();
    assertEquals(sink.text, lines.map((line) => `${line}\n`).join(""));
  }));
});

Deno.test("LineWriter: lines that arrive during a write are written after it, in order", async () => {
  const sink = new StuckSink();
  const writer = createWriter(sink);
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

Deno.test("LineWriter: lines for which a slow sink has no room are dropped and counted, whether they come one by one or together", async () => {
  const sink = new StuckSink();
  const dropped: number[] = [];
  const writer = new LineWriter(sink, {
    onError: unexpected,
    onDropped: (lines) => dropped.push(lines),
    clock: () => 0,
  });
  writer.write("first");
  await Promise.resolve();
  for (let index = 0; index < 12; index++) writer.write(MEBIBYTE);
  writer.write("one\ntwo\nthree");
  assertEquals([sink.texts, dropped], [["first\n"], []]);
  await sink.drain(writer.flush());
  const kept = sink.texts.join("").split("\n").filter((line) => line === MEBIBYTE).length;
  assert(kept >= 4 && kept <= 5, `${kept} MiB kept`);
  assertEquals(dropped, [12 - kept + 3]);
  writer.write("later");
  await sink.drain(writer.flush());
  assertEquals(sink.texts.at(-1), "later\n");
  assertEquals(dropped.length, 1, "the count is reported once");
});

Deno.test("LineWriter: what waits has room again as soon as a part of it is written", async () => {
  const sink = new StuckSink();
  const writer = new LineWriter(sink, { onError: unexpected, onDropped() {}, clock: () => 0 });
  for (let index = 0; index < 5; index++) writer.write(MEBIBYTE);
  writer.write("dropped");
  await until(() => sink.texts.length === 1);
  while (sink.texts.length < 33) {
    const { length } = sink.texts;
    sink.release();
    await until(() => sink.texts.length === length + 1);
  }
  writer.write("kept");
  await sink.drain(writer.flush());
  assertEquals(sink.texts.join("").split("\n").slice(5), ["kept", ""]);
});

Deno.test("LineWriter: with a reader that stays slow, the count is reported every ten seconds and at the end", async () => {
  const sink = new StuckSink();
  const reports: string[] = [];
  let now = 0;
  const writer = new LineWriter(sink, {
    onError: unexpected,
    onDropped: (lines) => reports.push(`${now} ${lines}`),
    clock: () => now,
  });
  for (now = 0; now <= 25_000; now += 5_000) {
    for (let index = 0; index < 6; index++) writer.write(MEBIBYTE); // the last one is dropped
    for (let turn = 0; turn < 1_000; turn++) {
      sink.release();
      await Promise.resolve();
    }
  }
  await writer.flush();
  assertEquals(reports, ["0 1", "10000 2", "20000 2", "30000 1"]);
});

Deno.test("LineWriter: a report that it writes itself comes after the lines that were kept", async () => {
  const sink = new StuckSink();
  const writer: LineWriter = new LineWriter(sink, {
    onError: unexpected,
    onDropped: (lines) => writer.write(`dropped: ${lines}`),
    clock: () => 0,
  });
  for (let index = 0; index < 7; index++) writer.write(MEBIBYTE);
  await sink.drain(writer.flush());
  assertEquals(sink.texts.join("").split("\n").slice(5), ["dropped: 2", ""]);
});

for (const error of [new Deno.errors.BrokenPipe("gone"), new Error("No space left on device")]) {
  Deno.test(`LineWriter: after ${error.message} it reports the error, and writes the next line`, async () => {
    let writes = 0;
    const errors: unknown[] = [];
    const sink = { write: () => (writes++, Promise.reject(error)) };
    const writer = new LineWriter(sink, {
      onError: (error) => errors.push(error),
      onDropped: unexpected,
      clock: () => 0,
    });
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
