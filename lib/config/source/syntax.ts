/** What is wrong with a word or a string of a configuration file, and what was probably meant. */

/** What was found, and what was meant, as it would be written. */
export interface Found {
  readonly found?: string | undefined;
  readonly meant?: string | undefined;
}

export interface Flaw extends Found {
  readonly message: string;
  /** Where it is in the text. */
  readonly at: number;
  readonly length: number;
  /** Whether what follows cannot be understood. */
  readonly isFatal: boolean;
}

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** What ends a word: a blank, a sign of JSON, a comment. A reference to a variable is part of it. */
const WORD = /(?:\$\{[^}"\n]*\}|'[^'\n]*'|[“”‘’][^“”‘’\n]*[“”‘’]|(?!\/[/*])[^\s,:[\]{}"])+/y;

const ESCAPE = /\\(?:(["\\/bfnrt]|u[0-9A-Fa-f]{4})|(u[0-9A-Fa-f]{0,3}|[^]))/g;

/** What JSON wants to have escaped: C0, which ends with the blank. */
// deno-lint-ignore no-control-regex
const CONTROL = /[\0-\x1f]/;

/** A control character, or one such as a byte order mark. */
const INVISIBLE = /^[\p{Cc}\p{Cf}]/u;

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

/** The word at a place; at least one character. */
export function wordAt(text: string, offset: number): string {
  WORD.lastIndex = offset;
  return WORD.exec(text)?.[0] ?? text.slice(offset, offset + 1);
}

/** @param text a word, or a string with its quotes @returns undefined if it is a number */
export function findFlaw(text: string): Flaw | undefined {
  if (text.startsWith('"')) return findFlawInString(text);
  const whole = { at: 0, length: text.length, isFatal: false };
  if (NUMBER.test(text)) return undefined;
  if (INVISIBLE.test(text)) {
    const code = text.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
    return { ...whole, message: `must not have the character U+${code} here`, isFatal: true };
  }
  if (/^[#/]/.test(text)) {
    return { ...whole, message: "must have // before each comment", isFatal: true };
  }
  const number = /^[+-]?\.?\d/.test(text) ? Number(text) : NaN;
  if (Number.isFinite(number)) {
    return {
      ...whole,
      message: "must be a number as JSON writes it",
      found: text,
      meant: String(number),
    };
  }
  const lower = text.toLowerCase();
  if (lower !== text && ["true", "false", "null"].includes(lower)) {
    return { ...whole, message: "must be in small letters", found: text, meant: lower };
  }
  const bare = text.replace(/^['‘’“”](.*)['‘’“”]$/, "$1");
  const meant = JSON.stringify(bare);
  return { ...whole, message: "must be in double quotes", found: text, meant };
}

function findFlawInString(text: string): Flaw | undefined {
  for (const { index, 0: escape, 2: wrong } of text.matchAll(ESCAPE)) {
    if (wrong === undefined) continue;
    return {
      message: wrong.startsWith("u")
        ? "must have four hexadecimal digits behind each \\u"
        : 'must have no escapes but \\" \\\\ \\/ \\b \\f \\n \\r \\t and \\u',
      at: index,
      length: escape.length,
      isFatal: false,
      found: escape,
      meant: wrong.startsWith("u") ? undefined : `\\${escape}`,
    };
  }
  const control = CONTROL.exec(text);
  if (control === null) return undefined;
  const [character] = control;
  const code = character.charCodeAt(0).toString(16).padStart(4, "0");
  return {
    message: "must not have a control character as it is",
    at: control.index,
    length: 1,
    isFatal: false,
    meant: SHORT_ESCAPES[character] ?? `\\u${code}`,
  };
}
