/** Writes ClientHellos (RFC 8446, 4.1.2), as bytes on the wire. */

export interface HelloOptions {
  readonly serverName?: string;
  readonly protocols?: readonly string[];
  readonly suites?: readonly number[];
  readonly schemes?: readonly number[];
  readonly versions?: readonly number[];
  /** How large the records are that carry it, in bytes; by default all of it is in one. */
  readonly recordBytes?: number;
  /** Bytes that no server knows, to make it larger. */
  readonly padding?: number;
}

export function helloBytes(options: HelloOptions = {}): Uint8Array<ArrayBuffer> {
  const { serverName, protocols, suites = [0x1301, 0xc02b], schemes, versions, padding } = options;
  const extensions = [
    ...extension(0x5a5a, []), // nobody knows it (GREASE, RFC 8701)
    ...serverName === undefined
      ? []
      : extension(0, vector(2, [0, ...vector(2, ascii(serverName))])),
    ...protocols === undefined
      ? []
      : extension(16, vector(2, protocols.flatMap((name) => vector(1, ascii(name))))),
    ...schemes === undefined ? [] : extension(13, vector(2, schemes.flatMap(pair))),
    ...versions === undefined ? [] : extension(43, vector(1, versions.flatMap(pair))),
    ...padding === undefined ? [] : extension(21, Array<number>(padding).fill(0)),
  ];
  const body = [
    ...[3, 3],
    ...Array<number>(32).fill(7),
    ...vector(1, Array<number>(32).fill(9)),
    ...vector(2, suites.flatMap(pair)),
    ...vector(1, [0]),
    ...vector(2, extensions),
  ];
  return inRecords([1, ...numberBytes(3, body.length), ...body], options.recordBytes);
}

/** Splits a handshake message over records. */
export function inRecords(
  message: readonly number[],
  recordBytes = message.length,
): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  for (let at = 0; at < message.length; at += recordBytes) {
    bytes.push(22, 3, 1, ...vector(2, message.slice(at, at + recordBytes)));
  }
  return new Uint8Array(bytes);
}

function extension(type: number, data: readonly number[]): number[] {
  return [...pair(type), ...vector(2, data)];
}

function vector(lengthBytes: number, data: readonly number[]): number[] {
  return [...numberBytes(lengthBytes, data.length), ...data];
}

function numberBytes(count: number, number: number): number[] {
  return Array.from({ length: count }, (_, index) => number >> 8 * (count - 1 - index) & 255);
}

function pair(number: number): number[] {
  return numberBytes(2, number);
}

function ascii(text: string): number[] {
  return [...text].map((letter) => letter.charCodeAt(0));
}
