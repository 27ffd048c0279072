/** What the files of the store hold, and how they are called. */
import { createHash } from "node:crypto";
import { z } from "zod";

/** An account with one authority. */
const account = z.object({
  directory: z.string(),
  /** In PEM. */
  key: z.string(),
  /** Its URL; unknown until the authority has made it. */
  url: z.string().optional(),
  email: z.string().optional(),
});

/** An order under way. */
const order = z.object({
  /** The account's URL. */
  account: z.string(),
  url: z.string(),
  /** The key of the certificate to be, in PEM. */
  key: z.string(),
  /** In milliseconds since 1970. */
  madeAt: z.number(),
});

const failures = z.object({
  failures: z.number(),
  failedAt: z.number(),
  retryAt: z.number(),
  allowedAt: z.number(),
  reason: z.string(),
});

export const RECORDS = { account, order, failures };
export type AccountRecord = z.infer<typeof account>;
export type OrderRecord = z.infer<typeof order>;

/** In hexadecimal digits: enough that no two of a store are equal by chance. */
const DIGEST_LENGTH = 12;

/** The longest beginning of a name that a file's name shows. */
const MAX_SHOWN = 60;

/** The name of an account's file. Another external account is another account. */
export function accountId(directory: string, externalKeyId: string | undefined): string {
  const host = new URL(directory).hostname;
  return `${shown(host)}-${digest([directory, externalKeyId ?? ""])}`;
}

/**
 * The name of what belongs to a set of names and an authority: certificates for trying out are not mistaken for others.
 *
 * @param names sorted, in lower case
 */
export function certificateId(directory: string, names: readonly string[]): string {
  return `${shown(names[0] ?? "")}-${digest(names)}${authoritySuffix(directory)}`;
}

/** What the names of all certificates of an authority end with. */
export function authoritySuffix(directory: string): string {
  return `-${digest([directory])}`;
}

function shown(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9.-]/g, "_").slice(0, MAX_SHOWN);
}

function digest(parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, DIGEST_LENGTH);
}
