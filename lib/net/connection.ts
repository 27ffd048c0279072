/** A connection as the tcp engine uses it: bytes both ways, whatever carries them. */

export type Bytes = Uint8Array<ArrayBuffer>;

/** {@linkcode Deno.Conn} is one. All of it may fail with an error of {@linkcode Deno.errors}: the peer is gone. */
export interface Connection {
  /** Receives what has arrived, or what arrives next. @returns how many bytes; null if the peer sends no more */
  read(into: Bytes): Promise<number | null>;
  /** Sends as much as there is room for. @returns how many bytes, one at least */
  write(bytes: Bytes): Promise<number>;
  /** Closes the sending side. */
  closeWrite(): Promise<void>;
  /** Closes it at once. Reads and writes that are under way fail. */
  close(): void;
}
