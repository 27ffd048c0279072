/** A chunked body that arrives in pieces, as the tcp engine scans it. */
import { assert } from "@std/assert";
import { bytesOf, textOf } from "../../lib/engines/tcp/http1/bytes.ts";
import { Chunked } from "../../lib/engines/tcp/http1/chunked.ts";

/** Scans a body that arrives in pieces. @returns the bytes to forward, and those not consumed */
export function pass(
  pieces: readonly string[],
  dataOnly = false,
  from = 0,
  garbage = 10,
  allowsBlanks = false,
) {
  const chunked = new Chunked(undefined, dataOnly, allowsBlanks);
  let kept = "", held = "";
  for (const piece of pieces) {
    const text = held + piece;
    const buffer = new Uint8Array(from + text.length + 9).fill(garbage);
    const to = from + text.length;
    buffer.set(bytesOf(text), from);
    const end = chunked.scan(buffer, from, to);
    assert(from <= end && end <= chunked.consumed && chunked.consumed <= to);
    const outside = [...buffer.subarray(0, from), ...buffer.subarray(to)];
    assert(outside.every((byte) => byte === garbage), "wrote outside of what it was given");
    kept += textOf(buffer, from, end);
    held = textOf(buffer, chunked.consumed, to);
  }
  return { kept, rest: held, done: chunked.done, remaining: chunked.remaining };
}
