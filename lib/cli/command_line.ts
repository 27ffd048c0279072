/** What the words of the command line ask for. */
import { parseArgs } from "node:util";
import { suggest } from "../config/values/suggest.ts";

/** A flag: on or off, or with a text; one that is repeatable has a list of texts. */
export interface Flag {
  readonly type: "boolean" | "string";
  readonly multiple?: boolean;
}

/** What the command line needs to know of a command. */
export interface CommandSyntax {
  /** By their names without `--`; `--help` and `--version` belong to every command. */
  readonly flags?: Readonly<Record<string, Flag>>;
  /** Texts that must be given without a flag, in this order. Help shows their names in capitals. */
  readonly words?: readonly string[];
}

/** By the names of flags, and of words. */
export type FlagValues = Readonly<Record<string, string | boolean | readonly string[]>>;

export type CommandLine =
  | { readonly kind: "run"; readonly name: string; readonly flags: FlagValues }
  /** With the name of the command whose help is asked for; undefined for that of the program. */
  | { readonly kind: "help"; readonly name: string | undefined }
  | { readonly kind: "version" }
  /** Two lines: what is wrong, and where help is. */
  | { readonly kind: "wrong"; readonly message: string };

/** What the program can do. */
export interface Program {
  readonly commands: Readonly<Record<string, CommandSyntax>>;
  /** The command that runs if none is named. */
  readonly defaultCommand: string;
  /** Names that people give as flags, but that are settings. */
  readonly settings: readonly string[];
}

const HELP: Flag = { type: "boolean" };
const COMMON_FLAGS = { help: HELP, version: HELP };
const LETTERS: Readonly<Record<string, string>> = { h: "help", v: "version" };

/** Reads a command line: `[command] [words and flags]`, `help [command]` or `version`. */
export function readCommandLine(args: readonly string[], program: Program): CommandLine {
  const isNamed = args[0] !== undefined && !args[0].startsWith("-");
  const [name, others] = isNamed ? [args[0]!, args.slice(1)] : [program.defaultCommand, args];
  if (name === "help") return readHelp(others, program);
  const command = name === "version" ? {} : commandNamed(name, program);
  if (command === undefined) return unknownCommand(name, program);
  const flags = readFlags(isNamed ? name : undefined, command, others, program);
  if (typeof flags === "string") return wrong(flags, isNamed && name !== "version" ? name : "");
  // Without a command's name, --help is about all of them.
  if (flags["help"]) {
    return { kind: "help", name: isNamed && name !== "version" ? name : undefined };
  }
  if (flags["version"] || name === "version") return { kind: "version" };
  const missing = command.words?.find((word) => !flags[word]);
  if (missing !== undefined) {
    return wrong(`${name} needs ${listed(command.words!)}: ${shown(missing)} is missing`, name);
  }
  return { kind: "run", name, flags };
}

function readHelp(words: readonly string[], program: Program): CommandLine {
  const [name, more] = words.filter((word) => !["-h", "--help"].includes(word));
  if (more !== undefined) return wrong(`help takes one command: ${quoted(more)} is too much`);
  if (name === undefined || name === "help" || name === "version") {
    return { kind: "help", name: undefined };
  }
  if (commandNamed(name, program) === undefined) return unknownCommand(name, program);
  return { kind: "help", name };
}

function commandNamed(name: string, { commands }: Program): CommandSyntax | undefined {
  return Object.hasOwn(commands, name) ? commands[name] : undefined;
}

function unknownCommand(name: string, { commands }: Program): CommandLine {
  const meant = suggest(name, [...Object.keys(commands), "help", "version"]);
  return wrong(`there is no command ${quoted(name)}${question(meant)}`);
}

/**
 * @param name as it was written; undefined if the command was not named
 * @returns the flags, or what is wrong with the first wrong word
 */
function readFlags(
  name: string | undefined,
  command: CommandSyntax,
  args: readonly string[],
  { settings }: Program,
): FlagValues | string {
  const known: Readonly<Record<string, Flag>> = { ...command.flags, ...COMMON_FLAGS };
  const { tokens } = parseArgs({
    args: [...args],
    options: { ...known },
    strict: false,
    tokens: true,
  });
  const values: Record<string, string | boolean | string[]> = {};
  const words = [...command.words ?? []];
  for (const token of tokens) {
    if (token.kind === "option-terminator") continue;
    if (token.kind === "positional") {
      const word = words.shift();
      if (word === undefined) return tooMuch(name ?? "start", token.value, command);
      values[word] = token.value;
      continue;
    }
    const { rawName, value, inlineValue } = token;
    const flag = /^-\w$/.test(rawName) ? LETTERS[token.name] ?? "" : token.name;
    if (!Object.hasOwn(known, flag)) return unknownFlag(name, rawName, known, settings);
    const { type, multiple } = known[flag]!;
    if (type === "boolean" && inlineValue) return `${rawName} takes no value`;
    if (type === "string" && isMissing(value, inlineValue)) return `${rawName} has no value`;
    if (Object.hasOwn(values, flag) && !multiple) return `${rawName} must be given once`;
    if (type === "boolean") values[flag] = true;
    else if (multiple) values[flag] = [...(values[flag] as string[] | undefined ?? []), value!];
    else values[flag] = value!;
  }
  return values;
}

/** @param command as it was written */
function tooMuch(command: string, word: string, { words = [], flags = {} }: CommandSyntax): string {
  if (words.length === 0) return `${command} takes no ${quoted(word)}`;
  const meant = Object.hasOwn(flags, word) ? word : suggest(word, Object.keys(flags));
  return `${command} takes ${listed(words)}: ${quoted(word)} is too much${
    question(meant && `--${meant}`)
  }`;
}

/** `POOL and BACKEND`. */
function listed(words: readonly string[]): string {
  const [last, ...others] = words.map(shown).reverse();
  return others.length === 0 ? last! : `${others.reverse().join(", ")} and ${last}`;
}

function shown(word: string): string {
  return word.toUpperCase();
}

/** Whether there is no value, or in its place the next flag; `-` alone is a value: standard input. */
function isMissing(value: string | undefined, inlineValue: boolean | undefined): boolean {
  return !value || (!inlineValue && /^-./.test(value));
}

function unknownFlag(
  command: string | undefined,
  rawName: string,
  known: Readonly<Record<string, Flag>>,
  settings: readonly string[],
): string {
  const bare = rawName.replace(/^-+/, "");
  const setting = bare.toUpperCase().replaceAll("-", "_");
  const problem = `${command === undefined ? "there is" : `${command} has`} no flag ${
    quoted(rawName)
  }`;
  if (settings.includes(setting)) {
    return `${problem}: ${setting} is a setting, a variable of the environment or of .env`;
  }
  const meant = suggest(bare, Object.keys(known));
  return `${problem}${question(meant && `--${meant}`)}`;
}

function wrong(problem: string, command = ""): CommandLine {
  const help = ["roundabout", ...(command === "" ? [] : [command]), "--help"].join(" ");
  return {
    kind: "wrong",
    message: `Cannot understand the command line: ${problem}\nFor help: ${help}`,
  };
}

function question(meant: string | undefined): string {
  return meant === undefined ? "" : `, did you mean ${meant}?`;
}

/** A word that the user wrote; it may contain anything. */
function quoted(word: string): string {
  return JSON.stringify(word);
}
