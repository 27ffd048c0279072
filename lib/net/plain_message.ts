/** What the operating system or a library says of an error, without what only their authors can read. */

/** What comes before the reason: fetch's stages, and which system call failed. */
const PREAMBLE =
  /^(?:tcp (?:connect|open|set_nodelay|bind local) error: |dns error: |failed to lookup address information: |connection error: )+/i;

/** `: readfile '.env'`, behind a reason; the path is named by whoever reports the error. */
const OPERATION = /: [a-z]+ '[^']*'$/;

const ERROR_NUMBER = / \(os error \d+\)/g;

/** A capital that only begins a sentence; `UnknownIssuer` and `TLS` keep theirs. */
const SENTENCE_START = /^[A-Z](?=[a-z]+(?: |$))/;

/** `connection refused` for `tcp connect error: Connection refused (os error 111)`. */
export function plainText(text: string): string {
  return text.replace(PREAMBLE, "").replace(ERROR_NUMBER, "").replace(OPERATION, "")
    .replace(SENTENCE_START, (capital) => capital.toLowerCase());
}

/** The same for a thrown value; an error without a message is known by its name only. */
export function plainMessage(error: unknown): string {
  if (!(error instanceof Error)) return plainText(String(error));
  return error.message ? plainText(error.message) : error.name;
}
