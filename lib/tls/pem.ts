/** PEM (RFC 7468): DER as text. */

const LINE_CHARACTERS = 64;

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\s]+)-----END \1-----/;

/** @param label such as `CERTIFICATE` or `PRIVATE KEY` */
export function pemOf(label: string, bytes: Uint8Array): string {
  const base64 = bytes.toBase64();
  const lines: string[] = [];
  for (let at = 0; at < base64.length; at += LINE_CHARACTERS) {
    lines.push(base64.slice(at, at + LINE_CHARACTERS));
  }
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

/** The bytes of the first block. @throws SyntaxError if there is none */
export function derOf(pem: string): Uint8Array<ArrayBuffer> {
  const [, , base64] = BLOCK.exec(pem) ?? [];
  if (base64 === undefined) throw new SyntaxError("it is not in PEM");
  return Uint8Array.fromBase64(base64);
}
