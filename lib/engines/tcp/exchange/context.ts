/** What all exchanges of the tcp engine share that began with the same configuration. */
import type { ErrorPages } from "../../../http/local_reply.ts";
import type { AccessEntry } from "../../../logging/access_log.ts";
import type { Buffers } from "../../../net/buffers.ts";
import type { Destination } from "../../../routing/route.ts";
import type { StatusCounts } from "../../../shared_memory/status_counts.ts";
import type { Dispatched } from "../../shared/dispatch.ts";
import type { Describe } from "../../shared/access_entry.ts";
import type { LoopGuard } from "../../shared/loops.ts";
import type { OverloadGuard } from "../../shared/overload.ts";
import type { ClientOptions } from "../client/connection.ts";
import type { PhaseTimeouts } from "../client/phases.ts";
import type { TcpResponse } from "./response.ts";
import type { TcpRequest } from "./request.ts";
import type { RequestHead } from "../http1/request_head.ts";

export interface Context extends ClientOptions {
  /** Finds where a request goes. */
  readonly dispatch: (
    request: TcpRequest,
  ) => Dispatched<TcpRequest, TcpResponse> | Promise<Dispatched<TcpRequest, TcpResponse>>;
  /** Bodies of local replies to requests that have no route. */
  readonly errorPages: ErrorPages;
  /** How long phases last on the way to a destination. */
  readonly phaseTimeoutsFor: (destination: Destination) => PhaseTimeouts;
  readonly loops: LoopGuard;
  /** Requests in flight. */
  readonly overload: OverloadGuard;
  /** Buffers for bodies. */
  readonly bodies: Buffers;
  /** Heads that no request uses at the moment. */
  readonly requestHeads: RequestHead[];
  /** What the access log says of a request. */
  readonly describe: Describe;
  readonly localReplies: StatusCounts;
  readonly onRequest: ((entry: AccessEntry) => void) | undefined;
  readonly onError: (error: unknown) => void;
}
