/** Problems as text: one sentence for a variable, and the line with its place marked for a file. */
import { formatPath } from "../tree/node.ts";
import type { Problem } from "./problem.ts";
import type { FilePlace } from "../tree/node.ts";

/** A configuration file, for messages. */
export interface SourceFile {
  /** As the user named it. */
  readonly name: string;
  /** Without a byte order mark. */
  readonly text: string;
  /** The same with secrets masked, of the same length: messages show lines of it. */
  readonly shown: string;
}

/** Longer lines are cut around the place. */
const MAX_LINE_CHARACTERS = 100;

/** What can be shown as it is. */
const PRINTABLE = /^[ -~]+$/;

/** @param file that the places are in; undefined if there is none */
export function renderProblem(problem: Problem, file: SourceFile | undefined): string {
  const { place, severity, message, path } = problem;
  if (place?.kind === "variable") return renderVariable(problem);
  if (place === undefined || file === undefined) {
    const subject = path.length === 0 || place === undefined ? "" : `${formatPath(path)} `;
    return `${subject}${message}${question(problem)}`;
  }
  const { line, column, text } = locate(file, place);
  const subject = path.length === 0 ? "the file" : formatPath(path);
  const found = problem.found === undefined ? "" : `: found ${problem.found}`;
  const head = `${file.name}:${line}:${column}: ${severity}: ${subject} ${message}${found}${
    question(problem)
  }`;
  return `${head}\n${excerpt(text, line, column, place.length)}`;
}

function renderVariable({ place, message, meant, found }: Problem): string {
  if (place?.kind !== "variable") return message;
  // What has no effect, or is not used, is no matter of its value.
  if (!message.startsWith("must ")) return `${place.name} ${message}`;
  const what = place.entry ?? "current value";
  const value = place.shown === ""
    ? "not set"
    : found?.startsWith('"***')
    ? '"***"'
    : JSON.stringify(place.shown);
  return `${place.name} ${message}: ${what} is ${value}${question({ meant })}`;
}

function question({ meant }: Pick<Problem, "meant">): string {
  return meant !== undefined && PRINTABLE.test(meant) ? `, did you mean ${meant}?` : "";
}

/** Line and column of a place, from 1, and the line with secrets masked. */
function locate(
  { text, shown }: SourceFile,
  { offset }: FilePlace,
): { line: number; column: number; text: string } {
  const before = text.slice(0, offset);
  const start = before.lastIndexOf("\n") + 1;
  const end = text.indexOf("\n", offset);
  const line = before.split("\n").length;
  const shownLine = shown.slice(start, end === -1 ? undefined : end).replace(/\r$/, "");
  return { line, column: offset - start + 1, text: shownLine };
}

/** The line, and a mark below the place. */
function excerpt(text: string, line: number, column: number, length: number): string {
  const from = column > MAX_LINE_CHARACTERS * 0.8 ? column - MAX_LINE_CHARACTERS / 2 : 0;
  const cut = from > 0 ? "..." : "";
  const shown = `${cut}${text.slice(from, from + MAX_LINE_CHARACTERS)}`.replace(
    /\p{Cc}/gu,
    " ",
  );
  const at = column - 1 - from + cut.length;
  const marks = "^".repeat(Math.max(1, Math.min(length, shown.length - at)));
  const gutter = String(line);
  return `  ${gutter} | ${shown}\n  ${" ".repeat(gutter.length)} | ${" ".repeat(at)}${marks}`;
}
