import { assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { FileWatch } from "../../../lib/runtime/file_watch/file_watch.ts";
import { startClock } from "../../../lib/time/clock.ts";
import { FILE, watching, write } from "../../support/file_watching.ts";

Deno.test("file watch: neither reading a file nor other files in its directory count", async () => {
  await watching({ files: [FILE] }, async ({ folder, later, changed, count }) => {
    for (let line = 0; line < 20; line++) {
      await Deno.writeTextFile(`${folder}/access.log`, "a line\n", { append: true });
      await Deno.readTextFile(`${folder}/${FILE}`);
    }
    await Deno.rename(`${folder}/access.log`, `${folder}/access.log.1`);
    await Deno.remove(`${folder}/access.log.1`);
    await later();
    assertEquals(count(), 0);
    await write(`${folder}/${FILE}`, "second");
    await changed();
    assertEquals(count(), 1);
  });
});

Deno.test("file watch: the set of files can be replaced while it runs", async () => {
  const prepare = (folder: string) => write(`${folder}/other`, "first");
  await watching({ files: [FILE], prepare }, async ({ folder, watch, changed, count }) => {
    await watch.watch([`${folder}/other`], Infinity);
    await write(`${folder}/${FILE}`, "second");
    await write(`${folder}/other`, "second");
    await changed();
    assertEquals(count(), 1);
    await watch.watch([`${folder}/other`, `${folder}/${FILE}`], Infinity);
    await write(`${folder}/${FILE}`, "third");
    await changed();
    assertEquals(count(), 2);
  });
});

Deno.test("file watch: a file that was written while it was read has changed", async () => {
  await watching({ files: [FILE], readAt: Date.now() - 1 }, async ({ changed, count }) => {
    await changed();
    assertEquals(count(), 1);
  });
});

Deno.test("file watch: a change between two settings of the files is not missed", async () => {
  await watching({ files: [FILE] }, async ({ folder, watch, changed, count }) => {
    await write(`${folder}/${FILE}`, "second");
    await watch.watch([`${folder}/${FILE}`], Infinity);
    await changed();
    assertEquals(count(), 1);
  });
});

Deno.test("file watch: after its end nothing is told, and nothing is watched", async () => {
  await watching({ files: [FILE] }, async ({ folder, watch, later, count }) => {
    await write(`${folder}/${FILE}`, "second");
    await watch[Symbol.asyncDispose]();
    await later();
    assertEquals(count(), 0);
  });
});

Deno.test("file watch: it may end while it looks", async () => {
  await watching({ files: [FILE] }, async ({ folder, watch, count }) => {
    const looking = watch.watch([`${folder}/${FILE}`, `${folder}/other`], Infinity);
    await watch[Symbol.asyncDispose]();
    await looking;
    assertEquals(count(), 0);
  });
});

Deno.test("file watch: on the clock of the balancer a change is told of", async () => {
  const folder = await Deno.makeTempDir();
  try {
    using clock = startClock();
    const { promise, resolve } = Promise.withResolvers<void>();
    await using watch = new FileWatch({ wheel: clock.wheel, onChange: resolve });
    await watch.watch([`${folder}/${FILE}`], Date.now());
    await write(`${folder}/${FILE}`, "first");
    await deadline(promise, 20_000); // a second, or more on a busy machine
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
