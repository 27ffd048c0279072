import { assertEquals, assertRejects } from "@std/assert";
import type { Disk } from "../../../lib/acme/store/disk.ts";
import { STALE_MS, StoreLock } from "../../../lib/acme/store/lock.ts";
import { contentsOf } from "../../support/acme_scene.ts";
import { ManualClock } from "../../support/manual_clock.ts";

class Scene implements AsyncDisposable {
  readonly clock = new ManualClock();

  private constructor(readonly folder: string) {}

  static async start(): Promise<Scene> {
    return new Scene(await Deno.makeTempDir());
  }

  get path(): string {
    return `${this.folder}/x.lock`;
  }

  /** @param clock its own, if that is another machine's */
  balancer(disk: Disk = Deno, clock = this.clock): StoreLock {
    const wallClock = () => clock.now();
    return new StoreLock(this.path, { disk, wheel: clock.wheel, wallClock });
  }

  owner(): unknown {
    return JSON.parse(Deno.readTextFileSync(this.path)).owner;
  }

  /** Lets time pass, and the disk be written every five seconds of it. */
  async pass(milliseconds: number, clock = this.clock): Promise<void> {
    for (let passed = 0; passed < milliseconds; passed += 5_000) {
      clock.wheel.turn(clock.now() + 5_000);
      await new Promise((resolve) => setTimeout(resolve, 4));
    }
  }

  /** Waits for the disk. */
  async until(condition: () => boolean): Promise<void> {
    for (let turn = 0; turn < 2_000 && !condition(); turn++) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

Deno.test("acme lock: one has it at a time, and another gets it when it is given back", async () => {
  await using scene = await Scene.start();
  const [one, other] = [scene.balancer(), scene.balancer()];
  const lease = await one.take();
  assertEquals([lease === undefined, await other.take()], [false, undefined]);
  await lease!.release();
  assertEquals(await contentsOf(scene.folder), {});
  const second = await other.take();
  assertEquals([second === undefined, await one.take()], [false, undefined]);
  await second!.release();
});

Deno.test("acme lock: of twenty that take it at the same time, one gets it", async () => {
  await using scene = await Scene.start();
  const locks = Array.from({ length: 20 }, () => scene.balancer());
  for (let round = 0; round < 20; round++) {
    const leases = await Promise.all(locks.map((lock) => lock.take()));
    const held = leases.filter((lease) => lease !== undefined);
    assertEquals(held.length, 1);
    await held[0]!.release();
  }
});

Deno.test("acme lock: while its owner is at work, nobody takes it over, however long that lasts", async () => {
  await using scene = await Scene.start();
  const lease = await scene.balancer().take();
  const other = scene.balancer();
  for (let round = 0; round < 8; round++) {
    assertEquals(await other.take(), undefined);
    await scene.pass(STALE_MS / 3);
  }
  assertEquals(lease!.lost.aborted, false);
  await lease!.release();
});

Deno.test("acme lock: one that nobody renews is taken over, by one of all who wait, whatever their clocks say", async () => {
  await using scene = await Scene.start();
  for (const text of [JSON.stringify({ owner: "gone", time: "2099-01-01" }), "", "{"]) {
    await Deno.writeTextFile(scene.path, text);
    const locks = Array.from({ length: 10 }, () => scene.balancer());
    const take = async () =>
      (await Promise.all(locks.map((lock) => lock.take()))).filter((lease) => lease !== undefined);
    assertEquals(await take(), []);
    await scene.pass(STALE_MS - 5_000);
    assertEquals(await take(), []);
    await scene.pass(5_000);
    const leases = await take();
    assertEquals(leases.length, 1);
    await leases[0]!.release();
    assertEquals(await contentsOf(scene.folder), {});
  }
});

Deno.test("acme lock: an owner that was stopped for long notices that another one has taken over", async () => {
  await using scene = await Scene.start();
  const stopped = new ManualClock(); // it does not move meanwhile
  const lease = await scene.balancer(Deno, stopped).take();
  const other = scene.balancer();
  assertEquals(await other.take(), undefined);
  await scene.pass(STALE_MS);
  const taken = await other.take();
  if (taken === undefined) throw new Error("nobody has it");
  const owner = scene.owner();
  await scene.pass(25_000, stopped);
  await scene.until(() => lease!.lost.aborted);
  assertEquals([lease!.lost.aborted, taken.lost.aborted], [true, false]);
  await lease!.release();
  assertEquals(scene.owner(), owner, "what it gives back is not another one's");
  await taken.release();
});

Deno.test("acme lock: whoever finds that another one has just taken it over leaves it alone", async () => {
  await using scene = await Scene.start();
  await Deno.writeTextFile(scene.path, "stale");
  // Between the look of this one and its guard, another one takes the lock over.
  const open: typeof Deno.open = async (path, options) => {
    if (String(path).endsWith(".guard")) {
      await Deno.writeTextFile(scene.path, JSON.stringify({ owner: "other" }));
    }
    return await Deno.open(path, options);
  };
  const late = scene.balancer({ ...Deno, open });
  assertEquals(await late.take(), undefined);
  await scene.pass(STALE_MS);
  assertEquals(await late.take(), undefined);
  assertEquals(Object.keys(await contentsOf(scene.folder)), ["x.lock"]);
  assertEquals(scene.owner(), "other");
});

Deno.test("acme lock: a crash while it is taken over keeps it from nobody for ever", async () => {
  await using scene = await Scene.start();
  await Deno.writeTextFile(scene.path, "stale");
  await Deno.writeTextFile(`${scene.path}.guard`, "of one that crashed");
  const lock = scene.balancer();
  const takes: boolean[] = [];
  for (let round = 0; round < 3; round++) {
    const lease = await lock.take();
    takes.push(lease !== undefined);
    await lease?.release();
    await scene.pass(STALE_MS);
  }
  assertEquals(takes, [false, false, true]);
  assertEquals(await contentsOf(scene.folder), {});
});

Deno.test("acme lock: one that cannot be renewed is lost before another one takes it over", async () => {
  await using scene = await Scene.start();
  let isFull = false;
  const open: typeof Deno.open = (path, options) =>
    isFull ? Promise.reject(new Error("the disk is full")) : Deno.open(path, options);
  const lease = await scene.balancer({ ...Deno, open }).take();
  isFull = true;
  await scene.pass(25_000);
  await scene.until(() => lease!.lost.aborted);
  assertEquals(lease!.lost.reason.message, "the disk is full");
  await lease!.release();
  assertEquals(await contentsOf(scene.folder), {});
});

Deno.test("acme lock: one that could not be written, as the disk is full, is no lock of another one", async () => {
  await using scene = await Scene.start();
  let isFull = true;
  const open: typeof Deno.open = async (path, options) => {
    const file = await Deno.open(path, options);
    file.write = (bytes) =>
      isFull
        ? Promise.reject(new Error("the disk is full"))
        : Deno.FsFile.prototype.write.call(file, bytes);
    return file;
  };
  const lock = scene.balancer({ ...Deno, open });
  await assertRejects(() => lock.take(), Error, "the disk is full");
  assertEquals(await contentsOf(scene.folder), {});
  isFull = false;
  const lease = await lock.take();
  assertEquals(lease === undefined, false);
  await lease!.release();
});
