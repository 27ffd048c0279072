/** The tokens of a configuration file, without blanks and comments. */
import { createScanner } from "jsonc-parser";

/** The scanner's `SyntaxKind`: its values are not there at run time. */
const KINDS = {
  1: "{",
  2: "}",
  3: "[",
  4: "]",
  5: ",",
  6: ":",
  7: "null",
  8: "true",
  9: "false",
  10: "string",
  11: "number",
  16: "word",
  17: "end",
} as const satisfies Record<number, string>;

type Known = keyof typeof KINDS;

/** What is neither a value nor a sign of JSON is a `word`. */
export type TokenKind = typeof KINDS[Known];

/** The scanner's `ScanError`, in part. */
const ERRORS = { 1: "comment", 2: "string", 4: "unicode", 5: "escape", 6: "control" } as const;

/** Why a token is not valid: it is not closed, or has an escape or a control character that it must not have. */
export type TokenError = typeof ERRORS[keyof typeof ERRORS];

export interface Token {
  readonly kind: TokenKind;
  /** In UTF-16 code units from the beginning of the text. */
  readonly offset: number;
  readonly end: number;
  /** Of a string without its quotes and escapes, of anything else as it is written. */
  readonly value: string;
  readonly error: TokenError | undefined;
}

export interface Tokens {
  /** The next token. At the end of the text that is `end`, again and again. */
  readonly next: () => Token;
  /** Goes on behind a place. */
  readonly skipTo: (offset: number) => void;
}

/** @param onOpenComment is told of a comment that is not closed */
export function readTokens(text: string, onOpenComment?: (token: Token) => void): Tokens {
  const scanner = createScanner(text, false);
  return {
    skipTo: (offset) => scanner.setPosition(offset),
    next() {
      while (true) {
        const kind = KINDS[scanner.scan() as number as Known];
        const error = ERRORS[scanner.getTokenError() as number as keyof typeof ERRORS];
        const offset = scanner.getTokenOffset();
        const end = offset + scanner.getTokenLength();
        if (kind !== undefined) {
          return { kind, offset, end, value: scanner.getTokenValue(), error };
        }
        if (error === "comment") {
          onOpenComment?.({ kind: "end", offset, end, value: "", error });
        }
      }
    },
  };
}
