/** What all connections of an engine share. */
import type { AccessEntry } from "../../logging/access_log.ts";
import type { Limits } from "../engine.ts";
import type { OverloadGuard } from "../shared/overload.ts";
import type { Pool } from "../../pool/pool.ts";
import type { Result } from "../../proxy.ts";
import type { Buffers } from "./buffers.ts";
import type { TcpResponse } from "./backend/forward.ts";
import type { TcpRequest } from "./request.ts";
import type { Malformed } from "./http1/malformed.ts";
import type { RequestHead } from "./http1/request_head.ts";
import type { Wheel } from "../../time/timer_wheel.ts";

/** @typeParam Client a connection from a client, as its own file has it */
export interface Context<Client> {
  readonly proxy: (request: TcpRequest) => Promise<Result<TcpResponse>>;
  readonly pool: Pool;
  readonly wheel: Wheel;
  readonly limits: Limits;
  /** Buffers for what a client sends first, for large heads, and for bodies. */
  readonly smalls: Buffers;
  readonly heads: Buffers;
  readonly bodies: Buffers;
  /** Heads that nobody uses at the moment. */
  readonly requestHeads: RequestHead[];
  readonly isTrusted: (address: string) => boolean;
  readonly onRequest: ((entry: AccessEntry) => void) | undefined;
  readonly onError: (error: unknown) => void;
  /** Told when a connection has closed. */
  readonly onClosed: (client: Client) => void;
  /** Whether clients are told that their connections close. */
  draining: boolean;
  /** Whether connections that idle are closed: the grace of a stop is over. */
  closing: boolean;
  /** Counts the requests that are not answered yet, up to MAX_IN_FLIGHT. */
  readonly overload: OverloadGuard;
  /** Serves one request. @returns whether the connection can take another */
  readonly serveRequest: (client: Client, head: RequestHead) => Promise<boolean>;
  /** The answer to what is not forwarded, told to the log. */
  readonly refuse: (client: Client, malformed: Malformed) => Uint8Array<ArrayBuffer>;
}
