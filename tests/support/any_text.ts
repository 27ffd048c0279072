/** Any text, for property tests: fast-check's own `unit: "binary"` takes a second and a half to set up. */
import fc from "fast-check";

const ANY_CODE_POINT = fc.oneof(
  { weight: 3, arbitrary: fc.nat({ max: 0x7f }) },
  { weight: 2, arbitrary: fc.nat({ max: 0x10ffff }) },
  { weight: 1, arbitrary: fc.integer({ min: 0xd800, max: 0xdfff }) },
).map((code) => String.fromCodePoint(code));

/** Strings of any code points, controls and lone surrogates too, with many of ASCII. */
export function anyText(constraints: { readonly maxLength?: number } = {}): fc.Arbitrary<string> {
  return fc.string({ ...constraints, unit: ANY_CODE_POINT });
}

const SIGNS = "abcXYZ019-._~!$&'()*+,;=:@";

/** Every path that a valid URL may have. */
export function anyPath(): fc.Arbitrary<string> {
  const escaped = ANY_CODE_POINT.map((sign) => encodeURIComponent(sign.toWellFormed()));
  const segment = fc.string({ unit: fc.oneof(fc.constantFrom(...SIGNS), escaped) });
  return fc.array(segment).map((segments) => segments.map((text) => `/${text}`).join(""));
}
