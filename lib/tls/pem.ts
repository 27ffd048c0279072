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
