/** Turns what the schema complains of into problems with places. */
import type { z } from "zod";
import type { LeafHints } from "../schema/leaf.ts";
import { UNKNOWN_SEPARATOR } from "../schema/section.ts";
import { entryAt, nearestNode, type Node, nodeAt, type Path } from "../tree/node.ts";
import { SECRET_NAMES } from "./mask.ts";
import type { Problem } from "./problem.ts";

type Issue = z.core.$ZodIssue;

/** @param prefix of the paths, if the node is a part of the configuration */
export function fromIssues(issues: readonly Issue[], node: Node, prefix: Path = []): Problem[] {
  return issues.flatMap((issue) => fromIssue(issue, node, prefix));
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
  const path = issue.path as Path;
  const inside = (issues: readonly Issue[]) =>
    fromIssues(
      issues.map((inner) => ({ ...inner, path: [...path, ...inner.path] }) as Issue),
      node,
      prefix,
    );
  const fitting = issue.errors.find((issues) =>
    !issues.some((inner) => isMismatch(inner as Issue))
  );
  if (fitting !== undefined) return inside(fitting as Issue[]);
  const own = { ...issue, code: "custom", params: {} } as unknown as Issue;
  if (issue.message !== "Invalid input") return [valueProblem(own, node, prefix)];
  return inside((issue.errors[0] ?? []) as Issue[]);
}

/** Whether the value itself, not a part of it, is of another type than this way of writing it. */
function isMismatch(issue: Issue): boolean {
  if (issue.path.length > 0) return false;
  return issue.code === "invalid_type" || issue.code === "invalid_union" ||
    hintsOf(issue).mismatch === true;
}

function keyProblem(node: Node, prefix: Path, path: Path, message: string): Problem {
  const place = entryAt(node, path)?.place ?? nearestNode(node, path).place;
  return { severity: "error", path: [...prefix, ...path], place, message };
}

function valueProblem(issue: Issue, node: Node, prefix: Path): Problem {
  const path = issue.path as Path;
  const found = nodeAt(node, path);
  const { shown, meant, type } = hintsOf(issue);
  const isText = type === "string" ||
    typeof (found?.kind === "scalar" && found.value) === "string" && type === undefined;
  const place = (found ?? nearestNode(node, path)).place;
  return {
    severity: "error",
    path: [...prefix, ...path],
    place: place.kind === "variable" || found !== undefined
      ? place
      : entryAt(node, path.slice(0, -1))?.place ?? place,
    message: found === undefined ? `${issue.message}, and is missing` : issue.message,
    found: shown === undefined && !SECRET_NAMES.has(path.at(-1))
      ? display(found)
      : JSON.stringify(shown ?? "***"),
    meant: meant && (place.kind === "file" ? inFile(meant, type, isText) : meant),
  };
}

/** What was written, if it is short. */
function display(node: Node | undefined): string | undefined {
  if (node === undefined) return undefined;
  if (node.kind !== "scalar") return node.kind === "array" ? "a list" : "an object";
  return JSON.stringify(node.written ?? node.value);
}

function hintsOf(issue: Issue): Partial<LeafHints> {
  return issue.code === "custom" ? issue.params ?? {} : {};
}

/** What was meant, as a file writes it. */
function inFile(meant: string, type: LeafHints["type"] | undefined, isText: boolean): string {
  if (type === "boolean") return meant === "on" ? "true" : "false";
  return isText ? quote(meant) : meant;
}

function quote(text: string): string {
  return JSON.stringify(text);
}
