/** PEM (RFC 7468): DER as text. */

const LINE_CHARACTERS = 64;

/** @param label such as `CERTIFICATE` or `PRIVATE KEY` */
export function pemOf(label: string, bytes: Uint8Array): string {
  const base64 = bytes.toBase64();
  const lines: string[] = [];
  for (let at = 0; at < base64.length; at += LINE_CHARACTERS) {
    lines.push(base64.slice(at, at + LINE_CHARACTERS));
  }
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

/** A block of a text in PEM. */
export interface PemBlock {
  /** Such as `CERTIFICATE` or `PRIVATE KEY`. */
  readonly label: string;
  /** With its first and last line. */
  readonly text: string;
}

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g;

/** The blocks of a text, in their order. What stands between them does not count (RFC 7468, 2). */
export function pemBlocks(text: string): PemBlock[] {
  return [...text.matchAll(BLOCK)].map(([text, label]) => ({ label: label!, text: `${text}\n` }));
}

/** The bytes of the first block. @throws SyntaxError if there is none */
export function derOf(pem: string): Uint8Array<ArrayBuffer> {
  const [block] = pemBlocks(pem);
  if (block === undefined) throw new SyntaxError("it is not in PEM");
  return Uint8Array.fromBase64(block.text.replace(/-----[^-]*-----/g, ""));
}
