import { assert, assertEquals, assertThrows } from "@std/assert";
import { placeSocket } from "../../lib/net/unix_listening.ts";

async function withSocket(
  use: (folder: string, path: string, remove: () => void) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir();
  const folder = `${root}/run`;
  await Deno.mkdir(folder);
  const path = `${folder}/a.sock`;
  const { listening, remove } = placeSocket(
    path,
    0o600,
    (path) => Deno.listen({ transport: "unix", path }),
    (listener) => listener.close(),
  );
  try {
    await use(folder, path, remove);
  } finally {
    listening.close();
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("a unix socket has its mode, no other file is left, and to remove it twice removes it once", async () => {
  await withSocket(async (folder, path, remove) => {
    assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
    assertEquals((await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name), ["a.sock"]);
    remove();
    await Deno.writeTextFile(path, "of somebody else");
    remove();
    assert((await Deno.stat(path)).isFile);
  });
});

Deno.test("a unix socket whose file cannot be removed any more ends nothing", async () => {
  await withSocket(async (folder, _, remove) => {
    await Deno.rename(folder, `${folder}.before`);
    await Deno.writeTextFile(folder, "no folder any more");
    remove();
  });
});

Deno.test("a unix socket that cannot get its name leaves no file, also if what listens does not remove its own", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.mkdir(`${folder}/a.sock`);
  const listen = (path: string) => Deno.writeTextFileSync(path, "of a socket");
  assertThrows(() => placeSocket(`${folder}/a.sock`, 0o600, listen, () => {}));
  assertEquals((await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name), ["a.sock"]);
  await Deno.remove(folder, { recursive: true });
});
