/** Files that are watched, in a folder of their own. */
import { assert } from "@std/assert";
import { FileWatch, POLL_MS } from "../../lib/runtime/file_watch/file_watch.ts";
import { Wheel } from "../../lib/time/timer_wheel.ts";

export const FILE = "roundabout.jsonc";
const PATIENCE_MS = 20_000;

export interface Watching {
  readonly folder: string;
  readonly watch: FileWatch;
  /** How often the files have changed. */
  readonly count: () => number;
  /** Lets time pass until the next change. */
  readonly changed: () => Promise<void>;
  /** Lets time pass for further looks, whatever they see. */
  readonly later: () => Promise<void>;
}

export interface Setting {
  readonly files: readonly string[];
  readonly prepare?: (folder: string) => Promise<void>;
  /** When the files were read; by default they are older. */
  readonly readAt?: number;
}

/** Watches files in a folder of their own. Time passes only as the test lets it. */
export async function watching(setting: Setting, use: (watching: Watching) => Promise<void>) {
  const { files, prepare, readAt = Infinity } = setting;
  const folder = await Deno.makeTempDir();
  const wheel = new Wheel(0);
  let count = 0;
  try {
    await Deno.writeTextFile(`${folder}/${FILE}`, "first");
    await prepare?.(folder);
    // What was written within the same tick of the kernel could not be told apart.
    if (readAt === Infinity) {
      for (const file of files) {
        await ifThere(Deno.utime(`${folder}/${file}`, 1_000_000, 1_000_000));
      }
    }
    await using watch = new FileWatch({ wheel, onChange: () => count++ });
    const paths = files.map((file) => `${folder}/${file}`);
    await watch.watch(paths, readAt);
    await use({
      folder,
      watch,
      count: () => count,
      async changed() {
        const before = count;
        await until(() => count > before, () => {
          // Time stands still while it looks.
          const isLooking = wheel.idleFor(2 * POLL_MS) === 2 * POLL_MS;
          if (!isLooking) wheel.turn(wheel.now + 200);
        });
      },
      async later() {
        for (let look = 0; look < 4; look++) {
          wheel.turn(wheel.now + POLL_MS + 200);
          await watch.watch(paths, readAt); // ends after the look before it
        }
      },
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function until(condition: () => boolean, meanwhile = () => {}): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!condition()) {
    meanwhile();
    assert(performance.now() < end, "nothing was noticed");
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

export const write = (path: string, text: string) => Deno.writeTextFile(path, text);

/** Removes a file or a directory, if there is one. */
export function removeAny(path: string): Promise<void> {
  return ifThere(Deno.remove(path, { recursive: true }));
}

async function ifThere(action: Promise<void>): Promise<void> {
  try {
    await action;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
