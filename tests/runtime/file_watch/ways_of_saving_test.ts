/** The ways in which editors, tools and Kubernetes change a file: each is one change. */
import { assertEquals } from "@std/assert";
import { FILE, removeAny, type Watching, watching, write } from "../../support/file_watching.ts";

/** As Kubernetes puts a new content of a ConfigMap in place. */
async function swap(folder: string, version: string, text: string): Promise<void> {
  await Deno.mkdir(`${folder}/..${version}`);
  await write(`${folder}/..${version}/map.jsonc`, text);
  await Deno.symlink(`..${version}`, `${folder}/..data_tmp`);
  await Deno.rename(`${folder}/..data_tmp`, `${folder}/..data`);
}

interface Change {
  readonly what: string;
  readonly file?: string;
  readonly prepare?: (folder: string) => Promise<void>;
  readonly change: (folder: string) => Promise<void>;
}

const CHANGES: readonly Change[] = [
  {
    what: "written in place in two pieces",
    async change(folder) {
      using file = await Deno.open(`${folder}/${FILE}`, { write: true, truncate: true });
      await file.write(new TextEncoder().encode("sec"));
      await Deno.readTextFile(`${folder}/${FILE}`);
      await file.write(new TextEncoder().encode("ond"));
    },
  },
  {
    what: "truncated and written again",
    async change(folder) {
      await Deno.truncate(`${folder}/${FILE}`);
      await write(`${folder}/${FILE}`, "second");
    },
  },
  {
    what: "replaced by another one, as vim does",
    async change(folder) {
      await Deno.rename(`${folder}/${FILE}`, `${folder}/${FILE}~`);
      await write(`${folder}/${FILE}`, "second");
      await Deno.remove(`${folder}/${FILE}~`);
    },
  },
  {
    what: "replaced by a rename",
    async change(folder) {
      await write(`${folder}/.${FILE}.tmp`, "second");
      await Deno.rename(`${folder}/.${FILE}.tmp`, `${folder}/${FILE}`);
    },
  },
  {
    what: "removed and created again",
    async change(folder) {
      await Deno.remove(`${folder}/${FILE}`);
      await write(`${folder}/${FILE}`, "first");
    },
  },
  { what: "removed", change: (folder) => Deno.remove(`${folder}/${FILE}`) },
  {
    what: "given another time, and no other content",
    change: (folder) => Deno.utime(`${folder}/${FILE}`, new Date(), new Date()),
  },
  {
    what: "made readable for others",
    change: (folder) => Deno.chmod(`${folder}/${FILE}`, 0o640),
  },
  {
    what: "behind symlinks that are swapped, as Kubernetes does",
    file: "map.jsonc",
    async prepare(folder) {
      await swap(folder, "first", "first");
      await Deno.symlink("..data/map.jsonc", `${folder}/map.jsonc`);
    },
    async change(folder) {
      await swap(folder, "second", "second");
      await Deno.remove(`${folder}/..first`, { recursive: true });
    },
  },
  {
    what: "written where a symlink leads",
    file: "link.jsonc",
    async prepare(folder) {
      await Deno.mkdir(`${folder}/elsewhere`);
      await write(`${folder}/elsewhere/file`, "first");
      await Deno.symlink(`${folder}/elsewhere/file`, `${folder}/link.jsonc`);
    },
    change: (folder) => write(`${folder}/elsewhere/file`, "second"),
  },
  {
    what: "in a directory that is replaced",
    file: "sub/file",
    async prepare(folder) {
      await Deno.mkdir(`${folder}/sub`);
      await write(`${folder}/sub/file`, "first");
      await Deno.mkdir(`${folder}/next`);
      await write(`${folder}/next/file`, "second");
    },
    async change(folder) {
      await Deno.rename(`${folder}/sub`, `${folder}/old`);
      await Deno.rename(`${folder}/next`, `${folder}/sub`);
    },
  },
  {
    what: "in a directory that is removed and comes back",
    file: "sub/file",
    async prepare(folder) {
      await Deno.mkdir(`${folder}/sub`);
      await write(`${folder}/sub/file`, "first");
    },
    async change(folder) {
      await Deno.remove(`${folder}/sub`, { recursive: true });
      await Deno.mkdir(`${folder}/sub`);
      await write(`${folder}/sub/file`, "first");
    },
  },
  {
    what: "created, where there was none",
    file: "new.jsonc",
    change: (folder) => write(`${folder}/new.jsonc`, "first"),
  },
  {
    what: "created in a directory that was not there",
    file: "new/folder/file",
    async change(folder) {
      await Deno.mkdir(`${folder}/new/folder`, { recursive: true });
      await write(`${folder}/new/folder/file`, "first");
    },
  },
  {
    what: "replaced by a directory",
    async change(folder) {
      await Deno.remove(`${folder}/${FILE}`);
      await Deno.mkdir(`${folder}/${FILE}`);
    },
  },
  {
    what: "replaced by a named pipe",
    async change(folder) {
      await new Deno.Command("mkfifo", { args: [`${folder}/pipe`] }).output();
      await Deno.rename(`${folder}/pipe`, `${folder}/${FILE}`);
    },
  },
  {
    what: "behind a symlink that comes to lead elsewhere",
    file: "now/file",
    async prepare(folder) {
      await Deno.mkdir(`${folder}/1`);
      await write(`${folder}/1/file`, "first");
      await Deno.mkdir(`${folder}/2`);
      await write(`${folder}/2/file`, "second");
      await Deno.symlink("1", `${folder}/now`);
    },
    async change(folder) {
      await Deno.symlink(`${folder}/2`, `${folder}/now.tmp`);
      await Deno.rename(`${folder}/now.tmp`, `${folder}/now`);
    },
  },
  {
    what: "replaced by a symlink to itself",
    async change(folder) {
      await Deno.remove(`${folder}/${FILE}`);
      await Deno.symlink(FILE, `${folder}/${FILE}`);
    },
  },
];

async function isOneChange(
  { folder, changed, later, count }: Watching,
  { file = FILE, change }: Change,
): Promise<void> {
  await change(folder);
  await changed();
  await later();
  assertEquals(count(), 1);
  // Whatever it was that came in its place is watched as well.
  await removeAny(`${folder}/${file}`);
  await write(`${folder}/${file}`, "a third text");
  await changed();
  await later();
  assertEquals(count(), 2);
}

for (const change of CHANGES) {
  const { what, file = FILE, prepare } = change;
  const setting = { files: [file], ...(prepare !== undefined && { prepare }) };

  Deno.test(`file watch: a file that is ${what} has changed once`, async () => {
    await watching(setting, (all) => isOneChange(all, change));
  });
}
