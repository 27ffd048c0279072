/** Any chunked body, however it is split or mutated, beside a decoder of regular expressions. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Malformed } from "../../../../lib/engines/tcp/http1/malformed.ts";
import { pass } from "../../../support/chunked_pieces.ts";

const SEED = { seed: 20261122 };

/** Decodes a body by regular expressions. @returns undefined if it is broken or incomplete */
function decode(text: string) {
  let data = "", at = 0;
  while (true) {
    const line = /^([0-9a-f]{1,8})(?:;[\t -~\x80-\xff]{0,256})?\r\n/i.exec(text.slice(at));
    if (line === null) return undefined;
    const size = parseInt(line[1]!, 16);
    at += line[0].length;
    if (size === 0) break;
    if (text.slice(at + size, at + size + 2) !== "\r\n") return undefined;
    data += text.slice(at, at + size);
    at += size + 2;
  }
  const rest = text.slice(at);
  const lines = /^((?:[!#$%&'*+.^_`|~0-9a-z-]+:[\t -~\x80-\xff]*\r\n)*)\r\n/i.exec(rest);
  if (lines === null) return undefined;
  return { data, trailers: lines[1]!.match(/.+\r\n/g) ?? [], rest: rest.slice(lines[0].length) };
}

const LATIN = fc.array(fc.nat(255), { maxLength: 20 }).map((all) => String.fromCharCode(...all));
const VISIBLE = fc.stringMatching(/^[\t -~\x80-\xff]{0,10}$/);
const CHUNK = fc.record({
  data: fc.oneof(LATIN, LATIN.map((text) => text.repeat(40)), fc.constantFrom("0\r\n\r\n", "\r\n"))
    .filter((data) => data !== ""),
  zeros: fc.nat(3),
  upper: fc.boolean(),
  extension: fc.option(VISIBLE.map((text) => `;${text}`), { nil: "" }),
});
const TRAILER = fc.tuple(fc.constantFrom("My-A", "ETag", "Host", "te", "x-forwarded-b"), VISIBLE)
  .map(([name, value]) => `${name}:${value}\r\n`);
const isForwardedTrailer = (line: string) => !/^(?:host|te|x-forwarded-[^:]*):/i.test(line);
const BODY = fc.record({
  chunks: fc.array(CHUNK, { maxLength: 5 }),
  last: fc.constantFrom("0", "000", "0;e=f", "00000000;"),
  trailers: fc.array(TRAILER, { maxLength: 4 }),
}).map(({ chunks, last, trailers }) => {
  let wire = "", kept = "";
  for (const { data, zeros, upper, extension } of chunks) {
    const hex = data.length.toString(16);
    const size = "0".repeat(zeros) + (upper ? hex.toUpperCase() : hex);
    wire += `${size}${extension}\r\n${data}\r\n`;
    kept += `${size}\r\n${data}\r\n`;
  }
  wire += `${last}\r\n${trailers.join("")}\r\n`;
  kept += `${last.split(";")[0]}\r\n${trailers.filter(isForwardedTrailer).join("")}\r\n`;
  return { wire, kept, data: chunks.map(({ data }) => data).join("") };
});

Deno.test("chunked: the same bytes are forwarded wherever the input is split", () => {
  const coming = fc.record({
    cuts: fc.array(fc.nat(), { maxLength: 12 }),
    next: LATIN,
    from: fc.nat(5),
    garbage: fc.nat(255),
  });
  fc.assert(
    fc.property(BODY, coming, ({ wire, kept, data }, { cuts, next, from, garbage }) => {
      const text = wire + next;
      assertEquals(decode(text)?.data, data);
      const at = [0, ...cuts.map((cut) => cut % text.length).sort((a, b) => a - b), text.length];
      const pieces = at.slice(1).map((end, i) => text.slice(at[i], end));
      const end = { rest: next, done: true, remaining: 0 };
      for (const each of [pieces, [text], [...text]]) {
        assertEquals(pass(each, false, from, garbage), { kept, ...end });
        assertEquals(pass(each, true, from, garbage), { kept: data, ...end });
      }
    }),
    { ...SEED, numRuns: 150 },
  );
});

Deno.test("chunked: a mutated body is refused, or read as a decoder of regular expressions reads it", () => {
  const put = fc.constantFrom("", ..."\0\t\n\r ;:015afAFx\x7f\xff", "\r\n", "0\r\n", "\r\n\r\n");
  const mutation = fc.record({ at: fc.nat(), gone: fc.nat(2), put });
  fc.assert(
    fc.property(BODY, fc.array(mutation, { minLength: 1, maxLength: 3 }), ({ wire }, mutations) => {
      let text = wire;
      for (const { at, gone, put } of mutations) {
        const from = at % (text.length + 1);
        text = text.slice(0, from) + put + text.slice(from + gone);
      }
      const expected = decode(text);
      const read = (pieces: string[]) => {
        try {
          return pass(pieces, true);
        } catch (error) {
          assert(error instanceof Malformed, String(error));
          return undefined;
        }
      };
      const found = read([text]);
      assertEquals(read([...text]), found);
      if (!found?.done) return assertEquals(expected, undefined);
      assertEquals([found.kept, found.rest], [expected?.data, expected?.rest]);
      const again = decode(pass([text]).kept);
      const trailers = expected?.trailers.filter(isForwardedTrailer);
      assertEquals(again, { data: found.kept, trailers, rest: "" });
    }),
    { ...SEED, numRuns: 1500 },
  );
});
