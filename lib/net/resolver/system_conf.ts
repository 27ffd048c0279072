/** The DNS servers and search domains of this machine, read anew when they change. */
import { parseResolvConf, type ResolvConf } from "./resolv_conf.ts";

const PATH = "/etc/resolv.conf";

/** How often the file is looked at, at most. */
const INTERVAL_MS = 3_000;

export class SystemConf {
  readonly #path: string;
  #conf: ResolvConf = parseResolvConf("");
  /** Of the file that was read last. */
  #version: string | undefined;
  #lookedAt = -Infinity;
  /** The last look: whoever comes while it runs waits for what it finds. */
  #looking = Promise.resolve(this.#conf);

  constructor(path = PATH) {
    this.#path = path;
  }

  /** @param now in milliseconds */
  read(now: number): Promise<ResolvConf> {
    if (now - this.#lookedAt >= INTERVAL_MS) {
      this.#lookedAt = now;
      this.#looking = this.#look();
    }
    return this.#looking;
  }

  async #look(): Promise<ResolvConf> {
    try {
      const { mtime, size, ino } = await Deno.stat(this.#path);
      const version = `${mtime?.getTime()} ${size} ${ino}`;
      if (version !== this.#version) {
        this.#conf = parseResolvConf(await Deno.readTextFile(this.#path));
        this.#version = version;
      }
    } catch {
      // Whatever keeps it from being read: the system's resolver asks this machine then, too.
      this.#conf = parseResolvConf("");
      this.#version = undefined;
    }
    return this.#conf;
  }
}
