/** Reads the text of a configuration file: JSON with comments and trailing commas, with the place of each value. */
import {
  createScanner,
  type Node as JsonNode,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from "jsonc-parser";
import type { Problem } from "../problems/problem.ts";
import type { Entry, FilePlace, Node, Path } from "../tree/node.ts";

export interface ReadFile {
  /** Undefined if there is nothing in it. */
  readonly node: Node | undefined;
  readonly problems: readonly Problem[];
}

/** The kinds of tokens, of the parser's `SyntaxKind`: its values are not there at run time. */
const OPENING: readonly number[] = [1, 3];
const CLOSING: readonly number[] = [2, 4];
const END_OF_FILE = 17;

/** Objects and lists in each other; the parser would run out of stack at some thousands. */
const MAX_DEPTH = 50;

/** More errors than this say no more about the file. */
const MAX_SYNTAX_ERRORS = 20;

/** @param text of the file, without a byte order mark */
export function readJsonc(text: string): ReadFile {
  const tooDeep = findDepth(text);
  if (tooDeep !== undefined) return { node: undefined, problems: [tooDeep] };
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true, disallowComments: false });
  const problems: Problem[] = errors.slice(0, MAX_SYNTAX_ERRORS).map(explainSyntax);
  const node = root === undefined ? undefined : convert(root, [], problems);
  if (node === undefined && problems.length === 0) {
    problems.push(syntaxProblem("must not be empty", 0, 0));
  }
  return { node, problems };
}

function findDepth(text: string): Problem | undefined {
  const scanner = createScanner(text, true);
  let depth = 0;
  for (let kind: number = scanner.scan(); kind !== END_OF_FILE; kind = scanner.scan()) {
    if (OPENING.includes(kind)) depth++;
    if (CLOSING.includes(kind)) depth--;
    if (depth <= MAX_DEPTH) continue;
    return syntaxProblem(
      `must have at most ${MAX_DEPTH} objects and lists in each other`,
      scanner.getTokenOffset(),
      1,
    );
  }
  return undefined;
}

/** @param problems keys that are there twice, and numbers that are too large, are added here */
function convert(node: JsonNode, path: Path, problems: Problem[]): Node | undefined {
  const place = placeOf(node);
  switch (node.type) {
    case "object": {
      const entries = new Map<string, Entry>();
      for (const { children } of node.children ?? []) {
        const [key, child] = children ?? [];
        if (key === undefined) continue;
        const name = String(key.value);
        const inner = [...path, name];
        if (entries.has(name)) problems.push(duplicate(inner, placeOf(key)));
        const value = child === undefined ? undefined : convert(child, inner, problems);
        if (value !== undefined) entries.set(name, { place: placeOf(key), value });
      }
      return { kind: "object", place, entries };
    }
    case "array": {
      const items = (node.children ?? []).flatMap((child, index) =>
        convert(child, [...path, index], problems) ?? []
      );
      return { kind: "array", place, items };
    }
    case "property":
      return undefined;
    default:
      if (typeof node.value === "number" && !Number.isFinite(node.value)) {
        problems.push({
          severity: "error",
          path,
          place,
          message: "must be a number that is not too large",
        });
      }
      return { kind: "scalar", place, value: node.value };
  }
}

function placeOf({ offset, length }: { offset: number; length: number }): FilePlace {
  return { kind: "file", offset, length };
}

function duplicate(path: Path, place: FilePlace): Problem {
  return { severity: "error", path, place, message: "must not be there twice" };
}

/** What the parser's errors mean to whoever wrote the file. */
const SYNTAX: Readonly<Record<string, string>> = {
  InvalidSymbol:
    "must be a value: a text in double quotes, a number, true, false, a list or an object",
  InvalidNumberFormat: "must be a number as JSON writes it",
  PropertyNameExpected: "must be a name in double quotes",
  ValueExpected: "must be a value",
  ColonExpected: "must have : between a name and its value",
  CommaExpected: "must have , between values",
  CloseBraceExpected: "must have a } at the end of the object",
  CloseBracketExpected: "must have a ] at the end of the list",
  EndOfFileExpected: "must end after the configuration's closing }",
  InvalidCommentToken: "must not be a comment here",
  UnexpectedEndOfComment: "must have */ at the end of a comment",
  UnexpectedEndOfString: 'must have " at the end of a text, on the same line',
  UnexpectedEndOfNumber: "must have digits at the end of a number",
  InvalidUnicode: "must have four hexadecimal digits behind \\u",
  InvalidEscapeCharacter: 'must have no escapes except \\" \\\\ \\/ \\b \\f \\n \\r \\t \\u',
  InvalidCharacter: "must not have control characters in a text: write \\n or \\t",
};

function explainSyntax({ error, offset, length }: ParseError): Problem {
  const code = printParseErrorCode(error);
  return syntaxProblem(SYNTAX[code] ?? `must be JSON: ${code}`, offset, length);
}

function syntaxProblem(message: string, offset: number, length: number): Problem {
  return { severity: "error", path: [], place: { kind: "file", offset, length }, message };
}
