import { assertEquals } from "@std/assert";
import * as der from "../../lib/tls/der.ts";

const bytes = (...numbers: number[]) => new Uint8Array(numbers);
const hex = (der: Uint8Array) => der.toHex();

for (
  const [what, element, expected] of [
    ["true", der.boolean(true), "0101ff"],
    ["0", der.integer(bytes(0)), "020100"],
    ["127", der.integer(bytes(0, 0, 127)), "02017f"],
    ["128, which is not negative", der.integer(bytes(128)), "02020080"],
    ["no digits", der.integer(bytes()), "020100"],
    ["bits in bytes", der.bitString(bytes(1, 2)), "0303000102"],
    ["one flag", der.flags(true), "03020780"],
    ["flags up to the last that is set", der.flags(false, true, false), "03020640"],
    ["nine flags", der.flags(...Array<boolean>(9).fill(true)), "030307ff80"],
    ["no flag", der.flags(false), "030100"],
    [
      "an object identifier",
      der.objectIdentifier("1.2.840.113549.1.1.11"),
      "06092a864886f70d01010b",
    ],
    ["text", der.utf8String("aß"), "0c0361c39f"],
    [
      "a time up to 2049",
      der.time(Date.UTC(2049, 11, 31, 23, 59, 59)),
      `170d${text("491231235959Z")}`,
    ],
    ["a time from 2050", der.time(Date.UTC(2050, 0, 1)), `180f${text("20500101000000Z")}`],
    ["a sequence", der.sequence(der.boolean(false), der.integer(bytes(5))), "3006010100020105"],
    ["a set", der.set(der.octetString(bytes(9))), "3103040109"],
    ["a tagged element", der.tagged(0, der.integer(bytes(2))), "a003020102"],
    ["a tagged text", der.tagged(2, bytes(0x61), false), "820161"],
  ] as const
) {
  Deno.test(`DER: ${what} is ${expected}`, () => {
    assertEquals(hex(element), expected);
  });
}

for (
  const [length, header] of [[127, "047f"], [128, "048180"], [256, "04820100"], [
    70_000,
    "0483011170",
  ]] as const
) {
  Deno.test(`DER: ${length} bytes have the header ${header}`, () => {
    const element = der.octetString(new Uint8Array(length));
    assertEquals(hex(element.subarray(0, header.length / 2)), header);
    assertEquals(element.length, header.length / 2 + length);
  });
}

function text(ascii: string): string {
  return hex(new TextEncoder().encode(ascii));
}
