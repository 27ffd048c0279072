/**
 * What may stand in a line of a log: printable ASCII and nothing else.
 *
 * Log lines repeat what clients, backends and files say. A line feed among it could forge a line, C1
 * controls and escape sequences move the cursor of the terminal that shows it, bidirectional overrides
 * and right-to-left letters show its fields in another order, and zero-width characters hide in it. So
 * every other character is written as JSON strings write it: `\n`, `\u202e`.
 */
const NOT_PRINTABLE = /[^\x20-\x7e]/;
const NOT_PRINTABLE_EACH = /[^\x20-\x7e]/g;
const NOT_PLAIN = /[^\x20-\x5b\x5d-\x7e]/;
const NOT_PLAIN_EACH = /[^\x20-\x5b\x5d-\x7e]/g;
const NOT_IN_FIELD = /[^\x21-\x5b\x5d-\x7e]/;
const NOT_IN_FIELD_EACH = /[^\x21-\x5b\x5d-\x7e]/g;

/** Escapes that are shorter than a code unit's number. */
const SHORT: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

/** Text for a line of a log; a backslash is doubled, so that no text looks like an escape. */
export function escapeText(text: string): string {
  return NOT_PLAIN.test(text) ? text.replace(NOT_PLAIN_EACH, escapeUnit) : text;
}

/** One of several fields that blanks separate: has no blank, and is `-` if it is empty. */
export function escapeField(text: string): string {
  if (text === "") return "-";
  return NOT_IN_FIELD.test(text) ? text.replace(NOT_IN_FIELD_EACH, escapeUnit) : text;
}

/**
 * The same without doubled backslashes: for JSON, which still parses to the same value, as it has no
 * other characters outside of its strings, and for messages that stand in no log.
 */
export function escapeUnprintable(text: string): string {
  return NOT_PRINTABLE.test(text) ? text.replace(NOT_PRINTABLE_EACH, escapeUnit) : text;
}

function escapeUnit(unit: string): string {
  return SHORT[unit] ?? `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
