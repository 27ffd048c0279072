/** Turns what the schema complains of into problems with places. */
import type { z } from "zod";
import type { LeafHints } from "../schema/leaf.ts";
import { UNKNOWN_SEPARATOR } from "../schema/section.ts";
import { hasReference } from "../tree/as_written.ts";
import { entryAt, nearestNode, type Node, nodeAt, type Path } from "../tree/node.ts";
import type { Problem } from "./problem.ts";
import { isSecretPath } from "./secrets.ts";

type Issue = z.core.$ZodIssue;

/** @param prefix of the paths, if the node is a part of the configuration */
export function fromIssues(issues: readonly Issue[], node: Node, prefix: Path = []): Problem[] {
  return issues.filter((issue) => !isConsequence(issue, issues)).flatMap((issue) =>
    fromIssue(issue, node, prefix)
  );
}

/** What an object as a whole must have says nothing new of one in which a name is misspelt. */
function isConsequence(issue: Issue, issues: readonly Issue[]): boolean {
  if (issue.code !== "custom" || issue.params !== undefined) return false;
  const place = JSON.stringify(issue.path);
  return issues.some(({ code, path }) =>
    code === "unrecognized_keys" && JSON.stringify(path) === place
  );
}

function fromIssue(issue: Issue, node: Node, prefix: Path): Problem[] {
  const path = issue.path as Path;
  switch (issue.code) {
    case "invalid_union":
      return fromUnion(issue, node, prefix);
    case "unrecognized_keys": {
      const messages = issue.message.split(UNKNOWN_SEPARATOR);
      return issue.keys.map((key, index) =>
        keyProblem(node, prefix, [...path, key], messages[index] ?? issue.message)
      );
    }
    case "invalid_key":
      return issue.issues.flatMap((inner) => {
        const { meant } = hintsOf(inner as Issue);
        return { ...keyProblem(node, prefix, path, inner.message), meant: meant && quote(meant) };
      });
    default:
      return [valueProblem(issue, node, prefix)];
  }
}

/** Of a value that may be written in several ways, the problems of the way that it was written in. */
function fromUnion(issue: z.core.$ZodIssueInvalidUnion, node: Node, prefix: Path): Problem[] {
  const ways = issue.errors as readonly (readonly Issue[])[];
  const fitting = ways.filter((issues) => !issues.some(isMismatch));
  const [nearest] = fitting.toSorted((a, b) => countOf(a) - countOf(b));
  if (nearest === undefined) return [valueProblem(mismatchOf(issue), node, prefix)];
  const full = nearest.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }));
  return fromIssues(full as Issue[], node, prefix);
}

/** Whether the value itself, not a part of it, is of another type than this way of writing it. */
function isMismatch(issue: Issue): boolean {
  if (issue.path.length > 0) return false;
  return issue.code === "invalid_type" || issue.code === "invalid_union" ||
    hintsOf(issue).mismatch === true;
}

/** How much is wrong with a value if it was meant to be written in this way. */
function countOf(issues: readonly Issue[]): number {
  return issues.reduce(
    (sum, issue) => sum + (issue.code === "unrecognized_keys" ? issue.keys.length : 1),
    0,
  );
}

/** A value that is written in none of the ways: what it must be is all of them. */
function mismatchOf({ errors, message, path }: z.core.$ZodIssueInvalidUnion): Issue {
  const own = errors.flatMap((issues) => (issues as Issue[]).find(isMismatch) ?? []);
  const expected = message === "Invalid input"
    ? joined(own.map(({ message }) => message))
    : message;
  const params = { ...(own[0] && hintsOf(own[0])), mismatch: true };
  return { code: "custom", path, message: expected, input: undefined, params };
}

/** `must be off`, `must be an object with path`: `must be off, or an object with path`. */
function joined([first = "", ...others]: readonly string[]): string {
  const be = first.startsWith("must be ") ? "" : "be ";
  return [first, ...others.map((other) => other.replace(/^must be /, be))].join(", or ");
}

function keyProblem(node: Node, prefix: Path, path: Path, message: string): Problem {
  const place = entryAt(node, path)?.place ?? nearestNode(node, path).place;
  return { severity: "error", path: [...prefix, ...path], place, message };
}

function valueProblem(issue: Issue, node: Node, prefix: Path): Problem {
  const { message, path: inner } = issue as { message: string; path: Path };
  const path = [...prefix, ...inner];
  const found = nodeAt(node, inner);
  if (found === undefined) {
    const nearest = nearestNode(node, inner).place;
    const place = nearest.kind === "file"
      ? entryAt(node, inner.slice(0, -1))?.place ?? nearest
      : nearest;
    return { severity: "error", path, place, message: `is missing: it ${message}` };
  }
  const { meant, type } = hintsOf(issue);
  const { place } = found;
  // A variable has on and off where a file has true and false.
  const isSwitch = type === "boolean" && place.kind === "file";
  return {
    severity: "error",
    path,
    place,
    message: isSwitch ? "must be true or false" : message,
    found: foundAt(found, issue, path),
    // What was meant would have what the environment has.
    meant: meant === undefined || hasReference(found) || isSecretPath(path)
      ? undefined
      : isSwitch
      ? String(meant === "on" || meant === "true")
      : place.kind === "file" && type !== "number"
      ? quote(meant)
      : meant,
  };
}

/** What was written, if the message is about that: a reference as it was written, and no secret. */
function foundAt(node: Node, issue: Issue, path: Path): string | undefined {
  const { shown, mismatch } = hintsOf(issue);
  if (node.kind !== "scalar") {
    const isOfType = issue.code === "invalid_type" || mismatch === true;
    return isOfType ? node.kind === "array" ? "a list" : "an object" : undefined;
  }
  if (isSecretPath(path)) return quote("***");
  if (node.written !== undefined) {
    return quote(shown === undefined ? node.written : node.written.replace(/^.*@/s, "***@"));
  }
  // JSON has no word for a number that is too large; the line shows it.
  if (typeof node.value === "number" && !Number.isFinite(node.value)) return undefined;
  return JSON.stringify(shown ?? node.value);
}

function hintsOf(issue: Issue): Partial<LeafHints> {
  return issue.code === "custom" ? issue.params ?? {} : {};
}

function quote(text: string): string {
  return JSON.stringify(text);
}
