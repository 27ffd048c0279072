import { assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { FileWatch } from "../../../lib/runtime/file_watch/file_watch.ts";
import { startClock } from "../../../lib/time/clock.ts";
import { Wheel } from "../../../lib/time/timer_wheel.ts";
import { FILE, noWatcher, watching, write } from "../../support/file_watching.ts";

Deno.test("file watch: that a directory cannot be watched is said once, and looking finds the changes", async () => {
  const files = [FILE, "sub/file"];
  const prepare = async (folder: string) => {
    await Deno.mkdir(`${folder}/sub`);
    await write(`${folder}/sub/file`, "first");
  };
  await watching({ files, prepare, watchFs: noWatcher }, async ({ folder, changed, warnings }) => {
    for (const file of files) {
      await write(`${folder}/${file}`, "second");
      await changed();
    }
    assertEquals(warnings, [
      "Cannot watch FOLDER as too many watchers: changes are found by looking every 5 s",
    ]);
  });
});

Deno.test("file watch: a watcher that breaks is replaced, and said once", async () => {
  let broken = 0;
  const watchFs: typeof Deno.watchFs = (path, options) => {
    const watcher = Deno.watchFs(path, options);
    if (broken++ > 0) return watcher;
    watcher.close();
    return Object.assign(Object.create(watcher), {
      close() {},
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error("it broke")) }),
    });
  };
  await watching({ files: [FILE], watchFs }, async ({ folder, later, noticed, warnings }) => {
    await later();
    await write(`${folder}/${FILE}`, "second");
    await noticed();
    assertEquals(warnings, [
      "Cannot watch FOLDER as it broke: changes are found by looking every 5 s",
    ]);
  });
});

Deno.test("file watch: neither reading a file nor other files in its directory count", async () => {
  await watching({ files: [FILE] }, async ({ folder, later, noticed, changed, count }) => {
    for (let line = 0; line < 20; line++) {
      await Deno.writeTextFile(`${folder}/access.log`, "a line\n", { append: true });
      await Deno.readTextFile(`${folder}/${FILE}`);
    }
    await Deno.rename(`${folder}/access.log`, `${folder}/access.log.1`);
    await Deno.remove(`${folder}/access.log.1`);
    await later();
    assertEquals(count(), 0);
    await write(`${folder}/${FILE}`, "second");
    await noticed();
    await changed();
    assertEquals(count(), 1);
  });
});

Deno.test("file watch: directories that stay keep their watcher", async () => {
  let watchers = 0;
  const watchFs: typeof Deno.watchFs = (path, options) => {
    watchers++;
    return Deno.watchFs(path, options);
  };
  await watching({ files: [FILE], watchFs }, async ({ folder, noticed, changed, later, count }) => {
    await later();
    assertEquals(watchers, 1);
    await write(`${folder}/${FILE}`, "second");
    await noticed();
    await changed();
    await later();
    assertEquals([watchers, count()], [1, 1]);
  });
});

Deno.test("file watch: the set of files can be replaced while it runs", async () => {
  const prepare = (folder: string) => write(`${folder}/other`, "first");
  await watching({ files: [FILE], prepare }, async ({ folder, watch, changed, noticed, count }) => {
    await watch.watch([`${folder}/other`], Infinity);
    await write(`${folder}/${FILE}`, "second");
    await write(`${folder}/other`, "second");
    await noticed();
    await changed();
    assertEquals(count(), 1);
    await watch.watch([`${folder}/other`, `${folder}/${FILE}`], Infinity);
    await write(`${folder}/${FILE}`, "third");
    await noticed();
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

Deno.test("file watch: relative paths start at the working directory", async () => {
  const watched: (string | string[])[] = [];
  const watchFs: typeof Deno.watchFs = (path, options) => {
    watched.push(path);
    return Deno.watchFs(path, options);
  };
  const nothing = () => {};
  await using watch = new FileWatch({
    wheel: new Wheel(0),
    onChange: nothing,
    onWarning: nothing,
    watchFs,
  });
  await watch.watch(["./deno.json", "lib/../deno.json"], Infinity);
  assertEquals(watched, [await Deno.realPath(".")]);
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

Deno.test("file watch: on the clock of the balancer a change is told of within two seconds", async () => {
  const folder = await Deno.makeTempDir();
  try {
    using clock = startClock();
    const { promise, resolve } = Promise.withResolvers<void>();
    const onWarning = (warning: string) => {
      throw new Error(warning);
    };
    await using watch = new FileWatch({ wheel: clock.wheel, onChange: resolve, onWarning });
    await watch.watch([`${folder}/${FILE}`], Date.now());
    await write(`${folder}/${FILE}`, "first");
    await deadline(promise, 2_000);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
