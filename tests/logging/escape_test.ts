import { assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { escapeField, escapeText, escapeUnprintable } from "../../lib/logging/escape.ts";
import { anyText } from "../support/any_text.ts";

for (
  const [what, text, field] of [
    ["visible ASCII", "/v?x=\"1'(~)", "/v?x=\"1'(~)"],
    ["a blank", "a b", "a\\u0020b"],
    ["nothing", "", "-"],
    ["a line feed", "a\r\nb\tc", "a\\r\\nb\\tc"],
    ["a backslash", "a\\nb", "a\\\\nb"],
    ["an escape sequence", "\x1b[2J\x7f", "\\u001b[2J\\u007f"],
    ["C1 controls", "\x9b31m\x85", "\\u009b31m\\u0085"],
    ["line separators", "\u2028\u2029", "\\u2028\\u2029"],
    ["bidi overrides and isolates", "\u202e\u2066", "\\u202e\\u2066"],
    ["zero-width characters and a byte order mark", "\u200b\ufeff", "\\u200b\\ufeff"],
    ["letters, right-to-left ones too", "ä\u05d0", "\\u00e4\\u05d0"],
    ["bytes that are not UTF-8, read as ISO-8859-1", "\xc3\x28", "\\u00c3("],
    ["a character beyond the first plane", "\u{1f600}", "\\ud83d\\ude00"],
    ["a lone surrogate", "\ud800", "\\ud800"],
  ] as const
) {
  Deno.test(`escape: ${what} in a field of a log line`, () => {
    assertEquals(escapeField(text), field);
  });
}

/** Strings of any code units, lone surrogates too, with many that matter here. */
const ANY = fc.oneof(
  anyText(),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
  fc.array(fc.constantFrom("\n", "\r", "\\", " ", "\u202e", "\u2028", "\x9b", "\ud800", "n", "u"))
    .map((characters) => characters.join("")),
);

Deno.test("escape: whatever the text, a log line has printable ASCII only, and the text can be read back from it", () => {
  fc.assert(fc.property(ANY, (text) => {
    const escaped = escapeText(text);
    assertMatch(escaped, /^[\x20-\x7e]*$/);
    assertEquals(JSON.parse(`"${escaped.replaceAll('"', '\\"')}"`), text);
    const field = escapeField(text);
    assertMatch(field, /^[\x21-\x7e]+$/);
    if (text !== "") assertEquals(JSON.parse(`"${field.replaceAll('"', '\\"')}"`), text);
  }));
});

Deno.test("escape: whatever the value, JSON of it has printable ASCII only, and parses to the same value", () => {
  fc.assert(fc.property(ANY, (text) => {
    const json = escapeUnprintable(JSON.stringify({ [text]: [text] }));
    assertMatch(json, /^[\x20-\x7e]*$/);
    assertEquals(JSON.parse(json), { [text]: [text] });
  }));
});
