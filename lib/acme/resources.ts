/** What an authority tells of itself, its orders and their parts (RFC 8555, 7.1). */
import { z } from "zod";
import { AcmeFailure } from "./failure.ts";
import { parseJson, problem } from "./problem.ts";

/** No order of ours has more parts. */
const MAX_PARTS = 200;

/** What authorities have a URL for. */
const directory = z.object({
  newNonce: z.string(),
  newAccount: z.string(),
  newOrder: z.string(),
  meta: z.object({ externalAccountRequired: z.boolean().optional() }).optional(),
});

const order = z.object({
  status: z.enum(["pending", "ready", "processing", "valid", "invalid"]),
  authorizations: z.array(z.string()).max(MAX_PARTS),
  finalize: z.string(),
  certificate: z.string().optional(),
  error: problem.optional(),
});

const challenge = z.object({
  type: z.string(),
  url: z.string(),
  status: z.string(),
  token: z.string().optional(),
  error: problem.optional(),
});

const authorization = z.object({
  identifier: z.object({ type: z.string(), value: z.string() }),
  status: z.enum(["pending", "valid", "invalid", "deactivated", "expired", "revoked"]),
  challenges: z.array(challenge).max(MAX_PARTS),
});

export type Directory = z.infer<typeof directory>;
export type Order = z.infer<typeof order>;
export type Authorization = z.infer<typeof authorization>;
export type Challenge = z.infer<typeof challenge>;

export const readDirectory = readerOf("a directory", directory);
export const readOrder = readerOf("an order", order);
export const readAuthorization = readerOf("an authorization", authorization);

function readerOf<Value>(what: string, schema: z.ZodType<Value>): (text: string) => Value {
  return (text) => {
    const read = schema.safeParse(parseJson(text));
    if (read.success) return read.data;
    const [issue] = read.error.issues;
    const place = issue?.path.join(".") || "the whole";
    throw new AcmeFailure(
      "outage",
      `the authority sent something else than ${what}: ${place}: ${issue?.message}`,
    );
  };
}

/**
 * A URL that an authority names. It must be as safe as the directory's: what a directory on https says must not
 * lead to plain http.
 *
 * @param base the directory's URL
 */
export function checkedUrl(text: string, base: string): string {
  const url = URL.parse(text, base);
  const isSafe = url?.protocol === "https:" ||
    url?.protocol === "http:" && new URL(base).protocol === "http:";
  if (url !== null && isSafe) return url.href;
  throw new AcmeFailure(
    "outage",
    `the authority names a URL that is not used, as it is not https: ${JSON.stringify(text)}`,
  );
}
