/** Masks secrets in the text of a configuration file, so that lines of it can be shown, also of one that is broken. */
import { isSecretPath } from "../problems/secrets.ts";
import { readTokens, type Token } from "./tokens.ts";

/** A hash of a password, wherever it stands. */
const HASH = /\$2[abxy]\$[^"\n]*/g;

/** A text that is one reference to a variable is no secret. */
const REFERENCE = /^\$\{[A-Za-z_]\w*\}$/;

/** An object or a list around a token. */
interface Level {
  /** The name that it has. */
  readonly name: string;
  readonly isList: boolean;
}

/** @returns a text of the same length */
export function maskSecrets(text: string): string {
  const parts: string[] = [];
  let shownTo = 0;
  for (const [from, to] of secretRanges(text)) {
    parts.push(text.slice(shownTo, from), "*".repeat(to - from));
    shownTo = to;
  }
  parts.push(text.slice(shownTo));
  return parts.join("").replace(HASH, (hash) => "*".repeat(hash.length));
}

/** Where secrets stand, in the order of the text. */
function* secretRanges(text: string): Iterable<readonly [from: number, to: number]> {
  const tokens = readTokens(text);
  const levels: Level[] = [];
  let name: string | undefined;
  for (let token = tokens.next(); token.kind !== "end"; token = tokens.next()) {
    switch (token.kind) {
      case "{":
      case "[":
        levels.push({ name: name ?? "", isList: token.kind === "[" });
        name = undefined;
        break;
      case "}":
      case "]":
        levels.pop();
        name = undefined;
        break;
      case ",":
        name = undefined;
        break;
      case ":":
        break;
      default: {
        const isName = name === undefined && !levels.at(-1)?.isList;
        // The first word in an object, or behind a comma, is a name, whatever follows it.
        if (isName) {
          name = token.value.replace(/^'(.*)'$/, "$1");
          break;
        }
        if (token.value === "=") break;
        const path = [...levels.map(({ name }) => name), name ?? ""];
        const range = isSecretPath(path) ? inside(token) : credentials(token, path, text);
        if (range !== undefined) yield range;
      }
    }
  }
}

/** The whole of a token, without its quotes. */
function inside({ kind, offset, end, error, value }: Token): [number, number] | undefined {
  if (REFERENCE.test(value)) return undefined;
  if (kind !== "string") return [offset, end];
  return [offset + 1, error === "string" ? end : end - 1];
}

/** What stands before the last `@` of a URL; undefined if there is none. */
function credentials(
  { offset, end }: Token,
  path: readonly string[],
  text: string,
): [number, number] | undefined {
  const raw = text.slice(offset, end);
  const at = raw.lastIndexOf("@");
  const scheme = raw.indexOf("//");
  if (at === -1 || scheme === -1 && !path.includes("backends")) return undefined;
  return [offset + (scheme === -1 || scheme > at ? 1 : scheme + 2), offset + at];
}
