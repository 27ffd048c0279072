/** Values that may stand in a file of their own: secrets, and texts of pages. */
import { z } from "zod";
import { readExternalKey } from "../values/acme.ts";
import type { Content } from "../values/content.ts";
import { type Read, reading } from "../values/reading.ts";
import { anyText, leaf } from "./leaf.ts";
import { filePath } from "./kinds.ts";
import { section } from "./section.ts";

const MIN_SECRET_CHARACTERS = 16;

const TOKEN = /^[!-~]{16,}$/;

const inFile = section({
  file: filePath.describe("The path of a file that has it, relative to the configuration file."),
});

function content<Schema extends z.ZodType<string>>(schema: Schema) {
  return z.union([schema.transform((text): Content => ({ text })), inFile]);
}

/** A secret of 16 characters or more. An error shows no part of it. */
export const secret = content(
  leaf({
    type: "string",
    read: readSecret,
    json: { type: "string", minLength: MIN_SECRET_CHARACTERS },
  }),
);

/** A token that requests carry in Authorization, which has room for visible ASCII only (RFC 6750, 2.1). */
export const token = content(
  leaf({
    type: "string",
    read: readToken,
    json: { type: "string", pattern: TOKEN.source },
  }),
);

/** The key of an external account of ACME. */
export const externalKey = content(
  leaf({ type: "string", read: readExternalKey, json: { type: "string", minLength: 16 } }),
);

/** A secret, or `derived`: undefined. */
export const secretOrDerived = content(
  leaf({
    type: "string",
    read: (text) => text === "derived" ? reading(text) : readSecret(text),
    json: {
      anyOf: [{ const: "derived" }, { type: "string", minLength: MIN_SECRET_CHARACTERS }],
    },
  }),
).transform((content) => "text" in content && content.text === "derived" ? undefined : content);

/** The text of a page. */
export const page = content(anyText());

export function readSecret(text: string): Read<string> {
  if (text.length >= MIN_SECRET_CHARACTERS) return reading(text);
  return [{ expected: `must have ${MIN_SECRET_CHARACTERS} characters or more`, shown: "***" }];
}

export function readToken(text: string): Read<string> {
  if (TOKEN.test(text)) return reading(text);
  const expected = "must have 16 characters or more, visible ASCII without blanks";
  return [{ expected, shown: "***" }];
}
