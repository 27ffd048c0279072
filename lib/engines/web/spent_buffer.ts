/**
 * Gives the memory of buffers back as soon as their bytes are needed no more.
 *
 * V8 counts what buffers hold, and for every 64 MiB of it collects the whole heap, at once and beside the
 * program: under a load of bodies of 64 KiB or 1 MiB about 9 times a second. A buffer that gives its memory
 * back is not counted any longer: then it is twice a second at most (docs/performance.md has the figures).
 */

/** To free a smaller buffer saves nothing. */
const LARGE_BYTES = 32 * 1024;

/** Frees the buffer of a piece that was passed on or copied, if it is large. All views of it are empty then. */
export function freeBuffer({ buffer }: Uint8Array<ArrayBuffer>): void {
  if (buffer.byteLength >= LARGE_BYTES) buffer.transfer(0);
}
