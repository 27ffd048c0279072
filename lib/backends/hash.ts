/**
 * Hashes that are the same on every machine and in every release, so that a key's backend stays the same.
 * Not for secrets.
 */

/** Hashes a text to 32 bits: FNV-1a over its UTF-16 code units, then mixed. @param seed for another hash */
export function hashText(text: string, seed = 0): number {
  let bits = 0x811c9dc5 ^ seed;
  for (let i = 0; i < text.length; i++) bits = Math.imul(bits ^ text.charCodeAt(i), 0x01000193);
  return mixed(bits);
}

/** Mixes 32 bits so that each depends on all: MurmurHash3's finalizer (A. Appleby), which is one-to-one. */
export function mixed(bits: number): number {
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
