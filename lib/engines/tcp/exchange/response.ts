/**
 * A backend's response, from the end of its head on: what has arrived of it, and how it is framed for the
 * client. Chunks are checked as they arrive, so that the response still counts as failed if it is not
 * valid: the client has got nothing of it yet.
 */
import type { BackendConnection } from "../backend/connection.ts";
import type { ConnectionPool } from "../backend/connection_pool.ts";
import { Chunked } from "../http1/chunked.ts";
import type { Framing } from "../http1/response_framing.ts";

export class TcpResponse {
  readonly connection: BackendConnection;
  /** The pool that takes back the connection. */
  readonly connections: ConnectionPool;
  readonly framing: Framing;
  /** Checks the chunks of the body; undefined if it has none. */
  readonly chunked: Chunked | undefined;
  /**
   * Where the bytes end, in the connection's buffer, that can be sent. Those between here and its `filled`
   * cannot be checked yet, or do not belong to this response.
   */
  ready: number;

  /**
   * Takes what has arrived.
   *
   * @param connection with the complete head of the response
   * @throws {Malformed} if a chunk is not valid
   */
  constructor(connection: BackendConnection, connections: ConnectionPool, framing: Framing) {
    this.connection = connection;
    this.connections = connections;
    this.framing = framing;
    const { head } = connection;
    this.ready = head.end;
    if (framing !== "none" && head.chunked) {
      this.chunked = new Chunked(head.connectionOptions, framing === "close", true);
    }
    this.take();
  }

  /** Takes what has arrived since. @throws {Malformed} if a chunk is not valid */
  take(): void {
    const { connection, chunked, framing } = this;
    const { head, buffer, filled } = connection;
    if (chunked !== undefined) {
      this.ready = chunked.scan(buffer, this.ready, filled);
      buffer.copyWithin(this.ready, chunked.consumed, filled);
      connection.filled -= chunked.consumed - this.ready;
    } else if (framing !== "none") {
      const end = framing === "length" ? head.end + head.contentLength : Infinity;
      this.ready = Math.min(filled, end);
    }
  }

  /** How many bytes from `start` on, where its edited head begins, are no data but head and sizes of chunks. */
  overheadFrom(start: number): number {
    const { chunked, connection: { head }, ready } = this;
    return (chunked === undefined ? head.end : ready - chunked.dataBytes) - start;
  }

  /** Whether all of it has arrived, and can be sent at once. */
  get whole(): boolean {
    const { framing, chunked, connection } = this;
    if (framing === "none" || chunked?.done === true) return true;
    return framing === "length" &&
      this.ready === connection.head.end + connection.head.contentLength;
  }

  /** Whether a piece of its body has arrived, or it has none. */
  get begun(): boolean {
    const { chunked } = this;
    if (chunked !== undefined) return chunked.dataBytes > 0 || chunked.done;
    return this.framing === "none" || this.ready > this.connection.head.end;
  }
}
