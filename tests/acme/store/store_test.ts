import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Disk, readFile, writeFile } from "../../../lib/acme/store/disk.ts";
import { accountId, certificateId } from "../../../lib/acme/store/records.ts";
import { AcmeStore } from "../../../lib/acme/store/store.ts";
import { contentsOf } from "../../support/acme_scene.ts";

const TOKEN = "abcdefghijklmnopqrstuvwxyz_-0123";

class Place implements AsyncDisposable {
  private constructor(readonly folder: string) {}

  static async make(): Promise<Place> {
    return new Place(await Deno.makeTempDir());
  }

  async store(disk: Disk = Deno): Promise<AcmeStore> {
    const store = new AcmeStore(`${this.folder}/acme/`, disk);
    await store.prepare(Date.now());
    return store;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

class PowerCut extends Error {}

/** A disk whose power is cut at the n-th operation; a write in which that happens leaves half of it. */
function failingDisk(at: number): { readonly disk: Disk; readonly isCut: () => boolean } {
  let count = 0;
  let isCut = false;
  const step = () => {
    isCut ||= ++count >= at;
    if (isCut) throw new PowerCut();
  };
  const guarded = <Arguments extends unknown[], Result>(
    action: (...given: Arguments) => Promise<Result>,
  ) =>
  async (...given: Arguments): Promise<Result> => {
    step();
    return await action(...given);
  };
  const open: typeof Deno.open = async (path, options) => {
    step();
    const file = await Deno.open(path, options);
    const { write, sync } = file;
    file.write = async (bytes) => {
      try {
        step();
      } catch (error) {
        await write.call(file, bytes.subarray(0, bytes.length / 2));
        throw error;
      }
      return await write.call(file, bytes);
    };
    file.sync = guarded(() => sync.call(file));
    return file;
  };
  const { mkdir, readTextFile, remove, rename, stat, readDir } = Deno;
  const disk = {
    open,
    readDir,
    mkdir: guarded(mkdir),
    readTextFile: guarded(readTextFile),
    remove: guarded(remove),
    rename: guarded(rename),
    stat: guarded(stat),
  };
  return { disk, isCut: () => isCut };
}

Deno.test("acme store: whenever the power is cut, a file is the old one or the new one, and can be written again", async () => {
  const seen = new Set<string>();
  for (let at = 1;; at++) {
    await using place = await Place.make();
    const path = `${place.folder}/file`;
    await writeFile(Deno, path, "old".repeat(1_000));
    const { disk, isCut } = failingDisk(at);
    await writeFile(disk, path, "new".repeat(1_000)).catch((error) => {
      if (!(error instanceof PowerCut)) throw error;
    });
    const text = await readFile(Deno, path) ?? "";
    assert(text === "old".repeat(1_000) || text === "new".repeat(1_000));
    seen.add(`${text.slice(0, 3)} ${isCut()}`);
    await writeFile(Deno, path, "again");
    assertEquals(await readFile(Deno, path), "again");
    if (!isCut()) break;
  }
  assertEquals([...seen].sort(), ["new false", "new true", "old true"]);
});

Deno.test("acme store: whenever the power is cut while all is written, each part is whole or absent", async () => {
  const account = {
    directory: "https://ca.test",
    key: "KEY",
    url: "https://ca.test/1",
    email: "a",
  };
  const order = { account: "https://ca.test/1", url: "https://ca.test/o", key: "KEY", madeAt: 1 };
  const failures = { failures: 1, failedAt: 2, retryAt: 3, allowedAt: 4, reason: "x" };
  let states = 0;
  for (let at = 1;; at++) {
    await using place = await Place.make();
    await place.store();
    const { disk, isCut } = failingDisk(at);
    const store = new AcmeStore(`${place.folder}/acme`, disk);
    try {
      await store.saveAccount("x", account);
      await store.saveOrder("x", order);
      await store.saveFailures("x", failures);
      await store.challenges.save(TOKEN, "authorization");
      await store.saveCertificate("x", "KEY\n", "CHAIN\n");
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error;
    }
    const after = await place.store();
    const found = [
      [await after.account("x"), account],
      [await after.order("x"), order],
      [await after.failures("x"), failures],
      [await after.challenges.read(TOKEN), "authorization"],
      [await after.certificate("x"), "KEY\nCHAIN\n"],
    ];
    for (const [is, was] of found) if (is !== undefined) assertEquals(is, was);
    const present = found.filter(([is]) => is !== undefined).length;
    assertEquals(found.slice(present).every(([is]) => is === undefined), true, "in order");
    assertEquals(await after.certificateIds("x"), present === 5 ? ["x"] : []);
    states++;
    if (!isCut()) break;
  }
  assert(states > 25, `${states}`);
});

Deno.test("acme store: files that are broken or empty count as absent", async () => {
  await using place = await Place.make();
  const store = await place.store();
  for (const text of ["", "{", "null", "[]", '{"directory":1}', "\u0000\u0000"]) {
    for (const name of ["accounts/x.json", "orders/x.json", "orders/x.failures.json"]) {
      await Deno.writeTextFile(`${place.folder}/acme/${name}`, text);
    }
    const all = [await store.account("x"), await store.order("x"), await store.failures("x")];
    assertEquals(all, [undefined, undefined, undefined], text);
  }
});

Deno.test("acme store: a token that is none reads no file, wherever it points", async () => {
  await using place = await Place.make();
  const store = await place.store();
  await store.saveAccount("secretsecretsecret", { directory: "d", key: "KEY" });
  await store.challenges.save(TOKEN, "authorization");
  assertEquals(await store.challenges.read(TOKEN), "authorization");
  for (
    const token of [
      "../accounts/secretsecretsecret.json",
      "..",
      "",
      "short",
      `${TOKEN}\0`,
      `./${TOKEN}`,
      "a".repeat(201),
      TOKEN.toUpperCase(),
    ]
  ) assertEquals(await store.challenges.read(token), undefined, token);
  await store.challenges.remove(TOKEN);
  await store.challenges.remove(TOKEN);
  assertEquals(await store.challenges.read(TOKEN), undefined);
});

Deno.test("acme store: what crashes left behind is removed a day later, and nothing else", async () => {
  await using place = await Place.make();
  const store = await place.store();
  await store.saveAccount("x", { directory: "d", key: "KEY" });
  await store.saveCertificate("x", "KEY\n", "CHAIN\n");
  await store.challenges.save(TOKEN, "authorization");
  await Deno.writeTextFile(`${place.folder}/acme/accounts/x.json.1.unfinished`, "{");
  const now = Date.now();
  await store.prepare(now + 3_600_000);
  assertEquals(Object.keys(await contentsOf(place.folder)).length, 4);
  await store.prepare(now + 25 * 3_600_000);
  assertEquals(Object.keys(await contentsOf(place.folder)).sort(), [
    "acme/accounts/x.json",
    "acme/certificates/x.pem",
  ]);
});

Deno.test("acme store: a failed write leaves no file behind, and says why it failed", async () => {
  await using place = await Place.make();
  const rename = () => Promise.reject(new Deno.errors.PermissionDenied("no"));
  const path = `${place.folder}/file`;
  await assertRejects(
    () => writeFile({ ...Deno, rename }, path, "text"),
    Deno.errors.PermissionDenied,
  );
  assertEquals(await contentsOf(place.folder), {});
});

Deno.test("acme store: names of files tell what they are for, and never collide or leave the folder", () => {
  const id = (names: readonly string[], directory = "https://ca.test/d") =>
    certificateId(directory, names);
  const ids = [
    id(["a.test"]),
    id(["a.test", "b.test"]),
    id(["a.testb.test"]),
    id(["a.test"], "https://ca.test/staging"),
  ];
  assertEquals(new Set(ids).size, ids.length);
  assert(ids[0]!.startsWith("a.test-"));
  for (const name of ["../../etc/passwd", "*.a.test", "ü.test", "", "x".repeat(300)]) {
    assert(/^[a-z0-9._-]{1,100}$/.test(id([name])), id([name]));
    assert(!id([name]).includes("/"));
  }
  assert(accountId("https://ca.test/d", "k1") !== accountId("https://ca.test/d", "k2"));
});
