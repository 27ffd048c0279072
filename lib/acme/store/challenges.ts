/** What authorities are to be answered: a file for each token, in the store. */
import { type Disk, filesOf, readFile, removeFile, writeFile } from "./disk.ts";

/** What a token may consist of (RFC 8555, 8.1); it becomes the name of a file and a part of a URL. */
const TOKEN = /^[A-Za-z0-9_-]{16,200}$/;

/** Whether this may be the token of a challenge. */
export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/** Those of one store. */
export class Challenges {
  readonly #disk: Disk;
  readonly folder: string;

  /** @param store the folder of the store */
  constructor(store: string, disk: Disk = Deno) {
    this.#disk = disk;
    this.folder = `${store}/challenges`;
  }

  /** The tokens that are pending. */
  async tokens(): Promise<string[]> {
    return (await filesOf(this.#disk, this.folder)).filter(isToken);
  }

  /** The key authorization that answers a token; undefined if it is not pending. @param token whatever a client sent */
  async read(token: string): Promise<string | undefined> {
    if (!isToken(token)) return undefined;
    return await readFile(this.#disk, `${this.folder}/${token}`);
  }

  async save(token: string, keyAuthorization: string): Promise<void> {
    await writeFile(this.#disk, `${this.folder}/${token}`, keyAuthorization);
  }

  async remove(token: string): Promise<void> {
    await removeFile(this.#disk, `${this.folder}/${token}`);
  }
}
