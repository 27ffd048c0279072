/**
 * What must outlast a restart, in a folder that several balancers may share:
 *
 * - `accounts/ID.json`: the key and the URL of the account with an authority,
 * - `certificates/ID.pem`: a private key and its certificate with those above it, in one file, so that they always
 *   belong together,
 * - `orders/ID.json`: an order under way, and `orders/ID.failures.json`: attempts that failed,
 * - `challenges/TOKEN`: what the authority is to be answered,
 * - `locks/ID.lock`: who is at work (lock.ts).
 *
 * Only this user may read them. Each is replaced as a whole (disk.ts), so a crash leaves the old or the new one.
 */
import type { z } from "zod";
import type { FailureRecord } from "../failure_record.ts";
import { parseJson } from "../problem.ts";
import {
  type Disk,
  filesOf,
  makeFolder,
  readFile,
  removeFile,
  removeOld,
  writeFile,
} from "./disk.ts";
import { Challenges } from "./challenges.ts";
import { type AccountRecord, type OrderRecord, RECORDS } from "./records.ts";

const FOLDERS = ["accounts", "certificates", "orders", "challenges", "locks"] as const;

/** Whether others than the owner may read it, by its access mode. */
const OTHERS_MAY_READ = 0o044;

/** What a crash left behind is removed after this time. */
const LEFTOVER_MS = 86_400_000;

export class AcmeStore {
  readonly folder: string;
  readonly disk: Disk;
  readonly challenges: Challenges;

  constructor(folder: string, disk: Disk = Deno) {
    this.folder = folder.replace(/(?<=.)\/+$/, "");
    this.disk = disk;
    this.challenges = new Challenges(this.folder, disk);
  }

  /** Makes the folders, and removes what a crash left long ago. @param now in milliseconds since 1970 */
  async prepare(now: number): Promise<void> {
    for (const name of FOLDERS) await makeFolder(this.disk, `${this.folder}/${name}`);
    for (const name of FOLDERS) {
      const only = name === "challenges" ? "all" : "unfinished";
      await removeOld(this.disk, `${this.folder}/${name}`, now - LEFTOVER_MS, only);
    }
  }

  /** @returns undefined if there is none that can be read: a broken one is of no use */
  async account(id: string): Promise<AccountRecord | undefined> {
    return await this.#read(`accounts/${id}.json`, RECORDS.account);
  }

  async saveAccount(id: string, account: AccountRecord): Promise<void> {
    await this.#write(`accounts/${id}.json`, account);
  }

  async order(id: string): Promise<OrderRecord | undefined> {
    return await this.#read(`orders/${id}.json`, RECORDS.order);
  }

  async saveOrder(id: string, order: OrderRecord): Promise<void> {
    await this.#write(`orders/${id}.json`, order);
  }

  async removeOrder(id: string): Promise<void> {
    await removeFile(this.disk, `${this.folder}/orders/${id}.json`);
  }

  async failures(id: string): Promise<FailureRecord | undefined> {
    return await this.#read(`orders/${id}.failures.json`, RECORDS.failures);
  }

  async saveFailures(id: string, record: FailureRecord): Promise<void> {
    await this.#write(`orders/${id}.failures.json`, record);
  }

  async removeFailures(id: string): Promise<void> {
    await removeFile(this.disk, `${this.folder}/orders/${id}.failures.json`);
  }

  /** A private key and its chain, one after the other, in PEM. */
  async certificate(id: string): Promise<string | undefined> {
    return await readFile(this.disk, this.certificatePath(id));
  }

  async saveCertificate(id: string, key: string, chain: string): Promise<void> {
    await writeFile(this.disk, this.certificatePath(id), `${key.trimEnd()}\n${chain}`);
  }

  /** The ids of all certificates that end so. */
  async certificateIds(suffix: string): Promise<string[]> {
    const names = await filesOf(this.disk, `${this.folder}/certificates`);
    const ids = names.filter((name) => name.endsWith(".pem")).map((name) => name.slice(0, -4));
    return ids.filter((id) => id.endsWith(suffix));
  }

  certificatePath(id: string): string {
    return `${this.folder}/certificates/${id}.pem`;
  }

  lockPath(id: string): string {
    return `${this.folder}/locks/${id}.lock`;
  }

  /** Whether others than this user may read a private key. */
  async isReadableByOthers(path: string): Promise<boolean> {
    const { mode } = await this.disk.stat(path);
    return ((mode ?? 0) & OTHERS_MAY_READ) !== 0;
  }

  async #read<Value>(name: string, schema: z.ZodType<Value>): Promise<Value | undefined> {
    const text = await readFile(this.disk, `${this.folder}/${name}`);
    return text === undefined ? undefined : schema.safeParse(parseJson(text)).data;
  }

  async #write(name: string, value: unknown): Promise<void> {
    await writeFile(
      this.disk,
      `${this.folder}/${name}`,
      `${JSON.stringify(value, undefined, 2)}\n`,
    );
  }
}
