import { assertEquals } from "@std/assert";
import { SystemConf } from "../../../lib/net/resolver/system_conf.ts";

const hosts = async (conf: SystemConf, now: number) =>
  (await conf.read(now)).servers.map(({ hostname }) => hostname);

Deno.test("system's servers: the file is read again when it has changed, looked at every three seconds at most", async () => {
  const path = await Deno.makeTempFile();
  await Deno.writeTextFile(path, "nameserver 10.0.0.1\n");
  const conf = new SystemConf(path);
  assertEquals(await hosts(conf, 0), ["10.0.0.1"]);
  await Deno.writeTextFile(path, "nameserver 10.0.0.22\n");
  assertEquals(await hosts(conf, 2_999), ["10.0.0.1"]);
  assertEquals(await hosts(conf, 3_000), ["10.0.0.22"]);
  await Deno.remove(path);
  assertEquals(await hosts(conf, 6_000), ["127.0.0.1"]);
  await Deno.writeTextFile(path, "nameserver 10.0.0.22\n");
  assertEquals(await hosts(conf, 9_000), ["10.0.0.22"]);
  await Deno.remove(path);
});

Deno.test("system's servers: whoever asks while the file is read gets what is in it, too", async () => {
  const path = await Deno.makeTempFile();
  await Deno.writeTextFile(path, "nameserver 10.0.0.1\n");
  const conf = new SystemConf(path);
  assertEquals(await Promise.all([hosts(conf, 0), hosts(conf, 0)]), [["10.0.0.1"], ["10.0.0.1"]]);
  await Deno.remove(path);
});

Deno.test("system's servers: without a file this machine is asked", async () => {
  const path = await Deno.makeTempDir();
  assertEquals(await hosts(new SystemConf(`${path}/none`), 0), ["127.0.0.1"]);
  assertEquals(await hosts(new SystemConf(path), 0), ["127.0.0.1"]);
  await Deno.remove(path);
});
