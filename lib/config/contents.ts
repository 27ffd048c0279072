/** Reads the files that a configuration names: secrets, and the texts of pages. */
import { plainMessage } from "../net/plain_message.ts";
import type { Configuration } from "./model.ts";
import { problemAt, type RuleContext } from "./rules/context.ts";
import type { Problem } from "./problems/problem.ts";
import { readSecret, readToken } from "./schema/content.ts";
import type { Path } from "./tree/node.ts";
import { readExternalKey } from "./values/acme.ts";
import type { Content } from "./values/content.ts";
import { isReading, type Read, reading } from "./values/reading.ts";

/** Reads a text file by its path, relative to the configuration file. @throws with a reason for the user */
export type ReadText = (path: string) => string;

const NO_SECRET = "must name a file with a secret of 16 characters or more";
const NO_EXTERNAL_KEY = "must name a file with a key in base64url";
const NO_TOKEN =
  "must name a file with a token of 16 characters or more, visible ASCII without blanks";

type Contents = readonly (readonly [path: Path, content: Content | undefined])[];

/**
 * Puts the text of each file in its place.
 *
 * @param problems those of files that cannot be read are added here
 */
export function readContents(
  configuration: Configuration,
  read: ReadText,
  context: RuleContext,
  problems: Problem[],
): Configuration {
  const filled = structuredClone(configuration) as Configuration;
  const fill = (contents: Contents, check: (text: string) => Read<string>, expected = "") => {
    for (const [path, content] of contents) {
      if (content === undefined || !("file" in content)) continue;
      const at = [...path, "file"];
      const text = readOr(
        read,
        content.file,
        (reason) => problems.push(problemAt(context, at, reason)),
      );
      if (text === undefined) continue;
      const checked = check(text);
      if (isReading(checked)) replaceAt(filled, path, { text: checked.value });
      else problems.push(problemAt(context, at, expected));
    }
  };
  fill(tokensOf(filled), (text) => readToken(withoutLineEnd(text)), NO_TOKEN);
  fill(secretsOf(filled), (text) => readSecret(withoutLineEnd(text)), NO_SECRET);
  fill(externalKeysOf(filled), (text) => readExternalKey(withoutLineEnd(text)), NO_EXTERNAL_KEY);
  fill(pagesOf(filled), reading);
  return filled;
}

/** Reads a file. @param onProblem called with why it cannot be read */
export function readOr(
  read: ReadText,
  path: string,
  onProblem: (reason: string) => void,
): string | undefined {
  try {
    return read(path);
  } catch (error) {
    onProblem(`must name a readable file: ${plainMessage(error)}`);
    return undefined;
  }
}

/** Editors end a file with a line end, which is no part of a secret. */
export function withoutLineEnd(text: string): string {
  return text.replace(/[\r\n]+$/, "");
}

function tokensOf({ admin }: Configuration): Contents {
  return [
    [["admin", "token"], admin?.token],
    [["admin", "readToken"], admin?.readToken],
  ];
}

function secretsOf({ pools }: Configuration): Contents {
  return Object.entries(pools).map(([name, { sticky }]) =>
    [["pools", name, "sticky", "secret"], sticky?.secret] as const
  );
}

function externalKeysOf({ listeners }: Configuration): Contents {
  return Object.entries(listeners).map(([name, { tls }]) =>
    [["listeners", name, "tls", "acme", "eab", "key"], tls?.acme?.eab?.key] as const
  );
}

function pagesOf({ errorPages, routes }: Configuration): Contents {
  return [
    ...Object.entries(errorPages).map(([status, page]) => [["errorPages", status], page] as const),
    ...routes.flatMap((route, index) => [
      [["routes", index, "respond", "body"], route.respond?.body] as const,
      ...Object.entries(route.errorPages).map(([status, page]) =>
        [["routes", index, "errorPages", status], page] as const
      ),
    ]),
  ];
}

function replaceAt(root: unknown, path: Path, value: Content): void {
  const parent = path.slice(0, -1).reduce<unknown>(
    (at, step) => (at as Record<string | number, unknown>)[step],
    root,
  );
  (parent as Record<string | number, unknown>)[path.at(-1)!] = value;
}
