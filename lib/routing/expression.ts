/** Regular expressions of linear time: no value that a client sends can take long. */
import { RE2JS } from "re2js";

/** @throws if it is no regular expression; the message says why */
export function compileExpression(source: string): (text: string) => boolean {
  const expression = RE2JS.compile(source);
  return (text) => expression.matcher(text).find();
}
