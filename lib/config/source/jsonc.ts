/** Reads the text of a configuration file: JSON with comments and trailing commas, with the place of each value. */
import type { Problem } from "../problems/problem.ts";
import type { Scalar } from "../schema/leaf.ts";
import type { ArrayNode, Entry, FilePlace, Node, ObjectNode, Path } from "../tree/node.ts";
import { maskSecrets } from "./mask.ts";
import { findFlaw, type Found, wordAt } from "./syntax.ts";
import { readTokens, type Token, type Tokens } from "./tokens.ts";

export interface ReadFile {
  /** Undefined if the text is no object, or is broken: then the problems say where. */
  readonly node: ObjectNode | undefined;
  readonly problems: readonly Problem[];
  /** The text with secrets masked, of the same length. */
  readonly shown: string;
}

/** Objects and lists in each other. */
const MAX_DEPTH = 50;

/** More errors than this say no more about the file. */
const MAX_SYNTAX_ERRORS = 20;

/** Reading cannot go on: whatever follows would be misunderstood. */
class Broken extends Error {}

/** @param text of the file, without a byte order mark */
export function readJsonc(text: string): ReadFile {
  const shown = maskSecrets(text);
  const parser = new Parser(text, shown);
  let node: ObjectNode | undefined;
  try {
    node = parser.readRoot();
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
  }
  const { syntax, odd } = parser;
  // What is wrong with the text hides what is wrong with the settings: half of a file is not to be judged.
  return syntax.length > 0
    ? { node: undefined, problems: syntax, shown }
    : { node, problems: odd, shown };
}

class Parser {
  readonly syntax: Problem[] = [];
  /** Names that no object can have, or not twice. */
  readonly odd: Problem[] = [];
  readonly #text: string;
  readonly #shown: string;
  readonly #tokens: Tokens;
  #token!: Token;
  #depth = 0;
  /** Whatever follows belongs to it. */
  #isCommentOpen = false;

  constructor(text: string, shown: string) {
    this.#text = text;
    this.#shown = shown;
    this.#tokens = readTokens(text, (comment) => {
      this.#complain([], comment, "must have */ at the end of each comment");
      this.#isCommentOpen = true;
    });
  }

  readRoot(): ObjectNode {
    this.#advance();
    const first = this.#token;
    if (first.kind === "end") this.#fail([], first, "must not be empty");
    if (first.kind !== "{") this.#fail([], first, "must begin with {");
    const root = this.#readObject([]);
    this.#expectEnd();
    return root;
  }

  #readObject(path: Path): ObjectNode {
    const { offset } = this.#token;
    const entries = new Map<string, Entry>();
    this.#open();
    while (!this.#isClosed(path, "}")) {
      if (this.#token.kind === ",") {
        this.#complain(path, this.#token, "must not have a comma here");
        this.#advance();
        continue;
      }
      const place = placeOf(this.#token);
      const name = this.#readName(path);
      const inner = [...path, name];
      this.#readColon(path, name, place);
      const value = this.#readValue(inner);
      if (entries.has(name)) this.odd.push(problem(inner, place, "must not be there twice"));
      // Objects of JavaScript have it, whatever they were made of.
      const isOdd = name === "__proto__";
      if (isOdd) this.odd.push(problem(inner, place, "must have another name"));
      if (value !== undefined && !isOdd) entries.set(name, { place, value });
      this.#readComma(path, "}", "setting");
    }
    return { kind: "object", place: this.#close(offset), entries };
  }

  #readList(path: Path): ArrayNode {
    const { offset } = this.#token;
    const items: Node[] = [];
    this.#open();
    for (let index = 0; !this.#isClosed(path, "]"); index++) {
      const item = this.#readValue([...path, index]);
      if (item !== undefined) items.push(item);
      this.#readComma(path, "]", "value");
    }
    return { kind: "array", place: this.#close(offset), items };
  }

  #expectEnd(): void {
    if (this.#token.kind !== "end") this.#fail([], this.#token, "must end behind its closing }");
  }

  #open(): void {
    if (++this.#depth > MAX_DEPTH) {
      this.#fail(
        [],
        this.#token,
        `must have at most ${MAX_DEPTH} objects and lists in each other`,
      );
    }
    this.#advance();
  }

  #isClosed(path: Path, closing: "}" | "]"): boolean {
    const { kind } = this.#token;
    if (kind === "end") this.#fail(path, this.#lastPlace(), `must have a ${closing} at its end`);
    if (kind === closing) return true;
    if (kind === "}" || kind === "]") {
      this.#fail(path, this.#token, `must have a ${closing} before this ${kind}`);
    }
    return false;
  }

  #close(offset: number): FilePlace {
    const { end } = this.#token;
    this.#depth--;
    this.#advance();
    return { kind: "file", offset, length: end - offset };
  }

  #readName(path: Path): string {
    const token = this.#token;
    if (token.kind === "string") {
      this.#checkString(path, token, 'must have a " at the end of each name, on the same line');
      this.#advance();
      return token.value;
    }
    if (["{", "[", ":"].includes(token.kind)) {
      this.#fail(path, token, "must have a name in double quotes before each value");
    }
    const word = wordAt(this.#text, token.offset);
    const flaw = findFlaw(word);
    if (flaw?.isFatal) this.#fail(path, token, flaw.message);
    const place = { kind: "file", offset: token.offset, length: word.length } as const;
    const name = word.replace(/^['‘’“”](.*)['‘’“”]$/, "$1");
    this.#complain(path, place, "must have names in double quotes", {
      found: word,
      meant: JSON.stringify(name),
    });
    this.#skip(place);
    if (this.#token.kind !== ":") throw new Broken();
    return name;
  }

  #readColon(path: Path, name: string, place: FilePlace): void {
    const { kind, value } = this.#token;
    if (kind === ":") return this.#advance();
    // The end of the name was forgotten, and what was meant as its value is part of it.
    if (name.includes(":")) this.#fail(path, place, 'must have a " at the end of each name');
    this.#complain([...path, name], this.#token, "must have a : behind its name");
    if (value === "=") return this.#advance();
    if (["end", "}", "]", ",", "word"].includes(kind)) throw new Broken();
  }

  #readComma(path: Path, closing: "}" | "]", next: "setting" | "value"): void {
    const { kind } = this.#token;
    if (kind === ",") return this.#advance();
    if (this.#isClosed(path, closing)) return;
    this.#complain(path, this.#token, `must have a comma before the next ${next}`);
    const isNext = closing === "}" ? kind === "string" : kind !== "word" && kind !== ":";
    if (!isNext) throw new Broken();
  }

  /** @returns undefined if there is none, which was complained of */
  #readValue(path: Path): Node | undefined {
    const token = this.#token;
    const place = placeOf(token);
    switch (token.kind) {
      case "{":
        return this.#readObject(path);
      case "[":
        return this.#readList(path);
      case "string":
        this.#checkString(path, token, 'must have a " at its end, on the same line');
        this.#advance();
        return { kind: "scalar", place, value: token.value };
      case "number":
      case "word":
        return this.#readWord(path, token);
      case "true":
      case "false":
      case "null":
        this.#advance();
        return { kind: "scalar", place, value: CONSTANTS[token.kind] };
      default:
        this.#complain(path, token, "must have a value");
        if (token.kind === "end" || token.kind === ":") throw new Broken();
        return undefined;
    }
  }

  /** A number, or anything that is not in quotes. */
  #readWord(path: Path, token: Token): Node | undefined {
    const word = wordAt(this.#text, token.offset);
    const place: FilePlace = { kind: "file", offset: token.offset, length: word.length };
    const flaw = findFlaw(word);
    if (flaw?.isFatal) this.#fail(path, place, flaw.message);
    if (flaw !== undefined) this.#complain(path, place, flaw.message, flaw);
    this.#skip(place);
    return flaw === undefined ? { kind: "scalar", place, value: Number(word) } : undefined;
  }

  #checkString(path: Path, token: Token, whenOpen: string): void {
    if (token.error === undefined) return;
    if (token.error === "string") this.#fail(path, token, whenOpen);
    const flaw = findFlaw(this.#text.slice(token.offset, token.end))!;
    const place: FilePlace = {
      kind: "file",
      offset: token.offset + flaw.at,
      length: flaw.length,
    };
    this.#complain(path, place, flaw.message, flaw);
  }

  #advance(): void {
    this.#token = this.#tokens.next();
  }

  #skip({ offset, length }: FilePlace): void {
    this.#tokens.skipTo(offset + length);
    this.#advance();
  }

  /** Behind the last token. */
  #lastPlace(): FilePlace {
    return { kind: "file", offset: this.#text.trimEnd().length, length: 0 };
  }

  /** @param extra is left out if the text there is a secret */
  #complain(path: Path, at: Token | FilePlace, message: string, extra: Partial<Found> = {}): void {
    if (this.#isCommentOpen) throw new Broken();
    const place = "length" in at ? at : placeOf(at);
    const { found, meant } = extra;
    const end = place.offset + place.length;
    const isShown = this.#shown.slice(place.offset, end) === this.#text.slice(place.offset, end);
    this.syntax.push(problem(path, place, message, isShown ? { found, meant } : {}));
    if (this.syntax.length >= MAX_SYNTAX_ERRORS) throw new Broken();
  }

  #fail(path: Path, at: Token | FilePlace, message: string): never {
    this.#complain(path, at, message);
    throw new Broken();
  }
}

const CONSTANTS: Readonly<Record<"true" | "false" | "null", Scalar | null>> = {
  true: true,
  false: false,
  null: null,
};

function placeOf({ offset, end }: Token): FilePlace {
  return { kind: "file", offset, length: end - offset };
}

function problem(
  path: Path,
  place: FilePlace,
  message: string,
  extra: Partial<Problem> = {},
): Problem {
  return { severity: "error", path, place, message, ...extra };
}
