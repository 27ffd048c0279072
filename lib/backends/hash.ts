/**
 * Hashes that are the same on every machine, for ever: which backend a key belongs to must not change
 * with a release. Not for secrets.
 */

/** 32 bits of a text: FNV-1a over its UTF-16 code units, then mixed. @param seed for another hash */
export function hashOf(text: string, seed = 0): number {
  let bits = 0x811c9dc5 ^ seed;
  for (let i = 0; i < text.length; i++) bits = Math.imul(bits ^ text.charCodeAt(i), 0x01000193);
  return mixed(bits);
}

/** Spreads 32 bits over all 32: the finalizer of MurmurHash3, A. Appleby. No two become the same. */
export function mixed(bits: number): number {
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
