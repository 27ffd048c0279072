/**
 * Reads what a client says first on a TLS connection (RFC 8446, 4.1.2): for which name it comes, and what it
 * can verify. That decides which certificate it gets, before anything is spent on its handshake.
 */

export type TlsVersion = "1.2" | "1.3";

export interface ClientHello {
  /** The name that the client wants to reach, in lower case (RFC 6066, 3); undefined if it names none. */
  readonly serverName: string | undefined;
  /** The newest version of TLS that it speaks; undefined if that is older than 1.2. */
  readonly version: TlsVersion | undefined;
  /** The protocols that it offers to speak inside, in its order (ALPN, RFC 7301). */
  readonly protocols: readonly string[];
  /** Whether it can verify an ECDSA certificate. */
  readonly acceptsEcdsa: boolean;
}

/** The largest one that is read, in bytes: those with keys that withstand quantum computers have about 2,000. */
export const MAX_HELLO_BYTES = 16 * 1024;

/**
 * How many records may carry it: each time that bytes arrive, all of them are looked at again, so a client must
 * not make thousands of them.
 */
const MAX_RECORDS = 32;

const RECORD_HEADER_BYTES = 5;
const HANDSHAKE_HEADER_BYTES = 4;
const MAX_RECORD_BYTES = 16 * 1024;

const HANDSHAKE_RECORD = 22;
const CLIENT_HELLO = 1;

const SERVER_NAME = 0;
const HOST_NAME = 0;
const SIGNATURE_ALGORITHMS = 13;
const ALPN = 16;
const SUPPORTED_VERSIONS = 43;

const TLS_1_2 = 0x0303;
const TLS_1_3 = 0x0304;

/** Those of TLS 1.2 whose certificates have ECDSA keys. */
const ECDSA_SUITES: ReadonlySet<number> = new Set([0xc02b, 0xc02c, 0xcca9]);

/** ecdsa_secp256r1_sha256 and ecdsa_secp384r1_sha384, which our own certificates are signed with. */
const ECDSA_SCHEMES: ReadonlySet<number> = new Set([0x0403, 0x0503]);

/**
 * @param bytes the first ones of the connection
 * @returns `incomplete` if more must arrive to know; `invalid` if it is no ClientHello, whatever follows
 */
export function readClientHello(bytes: Uint8Array): ClientHello | "incomplete" | "invalid" {
  const handshake = unwrapRecords(bytes);
  if (typeof handshake === "string") return handshake;
  try {
    return readHello(new Fields(handshake));
  } catch (error) {
    if (error instanceof RangeError) return "invalid";
    throw error;
  }
}

/** The message in one or more records (RFC 8446, 5.1), without its header. */
function unwrapRecords(bytes: Uint8Array): Uint8Array | "incomplete" | "invalid" {
  let message = new Uint8Array();
  let records = 0;
  for (let at = 0; at < bytes.length;) {
    if (bytes[at] !== HANDSHAKE_RECORD || (bytes[at + 1] ?? 3) !== 3) return "invalid";
    if (bytes.length - at < RECORD_HEADER_BYTES) return "incomplete";
    const length = bytes[at + 3]! << 8 | bytes[at + 4]!;
    if (length === 0 || length > MAX_RECORD_BYTES || ++records > MAX_RECORDS) return "invalid";
    at += RECORD_HEADER_BYTES;
    message = join(message, bytes.subarray(at, at + length));
    at += length;
    const hello = unwrapMessage(message);
    if (hello !== "incomplete") return hello; // other records may follow
  }
  return "incomplete";
}

function unwrapMessage(message: Uint8Array): Uint8Array | "incomplete" | "invalid" {
  if (message.length > 0 && message[0] !== CLIENT_HELLO) return "invalid";
  if (message.length < HANDSHAKE_HEADER_BYTES) return "incomplete";
  const end = HANDSHAKE_HEADER_BYTES + (message[1]! << 16 | message[2]! << 8 | message[3]!);
  if (end > MAX_HELLO_BYTES) return "invalid";
  return message.length < end ? "incomplete" : message.subarray(HANDSHAKE_HEADER_BYTES, end);
}

function join(one: Uint8Array, other: Uint8Array): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(one.length + other.length);
  joined.set(one);
  joined.set(other, one.length);
  return joined;
}

function readHello(hello: Fields): ClientHello {
  let versions: readonly number[] = [hello.number(2)]; // clients of 1.3 say 1.2 here (4.2.1)
  hello.skip(32); // random bytes
  hello.vector(1); // the session
  const suites = numbersIn(hello.vector(2));
  hello.vector(1); // compression
  let serverName: string | undefined;
  let protocols: readonly string[] = [];
  let schemes: readonly number[] = [];
  const extensions = hello.isAtEnd ? hello : hello.vector(2);
  while (!extensions.isAtEnd) {
    const type = extensions.number(2);
    const data = extensions.vector(2);
    if (type === SERVER_NAME) serverName = hostNameIn(data.vector(2));
    else if (type === ALPN) protocols = textsIn(data.vector(2));
    else if (type === SUPPORTED_VERSIONS) versions = numbersIn(data.vector(1));
    else if (type === SIGNATURE_ALGORITHMS) schemes = numbersIn(data.vector(2));
  }
  const version = versions.includes(TLS_1_3)
    ? "1.3"
    : versions.includes(TLS_1_2)
    ? "1.2"
    : undefined;
  const canSign = version === "1.3" || suites.some((suite) => ECDSA_SUITES.has(suite));
  const acceptsEcdsa = canSign && schemes.some((scheme) => ECDSA_SCHEMES.has(scheme));
  return { serverName, version, protocols, acceptsEcdsa };
}

function hostNameIn(names: Fields): string | undefined {
  while (!names.isAtEnd) {
    const type = names.number(1);
    const name = names.vector(2);
    if (type === HOST_NAME) return name.text().toLowerCase();
  }
  return undefined;
}

function numbersIn(list: Fields): number[] {
  const numbers: number[] = [];
  while (!list.isAtEnd) numbers.push(list.number(2));
  return numbers;
}

function textsIn(list: Fields): string[] {
  const texts: string[] = [];
  while (!list.isAtEnd) texts.push(list.vector(1).text());
  return texts;
}

/** Reads one field after the other. All of it throws a RangeError if there are too few bytes. */
class Fields {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  skip(count: number): void {
    this.#take(count);
  }

  /** A number of so many bytes. */
  number(count: number): number {
    return this.#take(count).reduce((number, byte) => number << 8 | byte, 0);
  }

  /** The bytes behind a length of so many bytes. */
  vector(count: number): Fields {
    return new Fields(this.#take(this.number(count)));
  }

  text(): string {
    return String.fromCharCode(...this.#bytes);
  }

  #take(count: number): Uint8Array {
    const end = this.#at + count;
    if (end > this.#bytes.length) throw new RangeError("too few bytes");
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}
