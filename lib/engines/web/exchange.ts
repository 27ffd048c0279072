/** One request of the web engine: from its head until its response is out. */
import type { Backend } from "../../backends/backend.ts";
import type { Field } from "../../http/headers.ts";
import { failureReply, lengthOf, withPage } from "../../http/local_reply.ts";
import type { IsTrusted } from "../../http/trusted_proxies.ts";
import type { AccessEntry } from "../../logging/access_log.ts";
import type { Answered, Failed } from "../../outcome.ts";
import type { Pool } from "../../pool/pool.ts";
import type { Result } from "../../proxy.ts";
import { changeFields, type HeaderChanges } from "../../routing/header_changes.ts";
import type { Route, Timeouts } from "../../routing/route.ts";
import type { StatusCounts } from "../../shared_memory/status_counts.ts";
import type { Wheel } from "../../time/timer_wheel.ts";
import { type Describe, finishedEntry } from "../shared/access_entry.ts";
import { fillingFor, type Passage } from "../shared/dispatch.ts";
import { CLIENT_GONE, CLIENT_STALLED, isDeparture, UPLOAD_EXPIRED } from "../shared/failures.ts";
import type { LoopGuard } from "../shared/loops.ts";
import { startDeadline } from "../shared/request_deadline.ts";
import { waitForBody } from "./body_presence.ts";
import type { WebResponse } from "./forward.ts";
import type { WebRequest } from "./request.ts";
import type { RequestBody } from "./request_body.ts";
import { type Additions, forwardedResponse, localResponse } from "./respond.ts";

export interface ExchangeOptions {
  readonly wheel: Wheel;
  readonly loops: Pick<LoopGuard, "noteAnswer">;
  /** Called with each request's log entry once its response is out; undefined writes no log. */
  readonly onRequest: ((entry: AccessEntry) => void) | undefined;
  /** What the log says of a request. */
  readonly describe: Describe;
  readonly isTrusted: IsTrusted;
  readonly localReplies: StatusCounts;
}

/** Where the request came in. */
interface Source {
  /** Whether responses should say `connection: close`. */
  readonly draining: boolean;
}

/** A response, and what to do once it is out. */
interface Exchange {
  readonly response: Response;
  readonly onSent: () => void;
}

/** A request of this engine on its way. */
export type WebPassage = Passage<WebRequest, WebResponse>;

/** Makes the function that serves one request, whose way is known. */
export function createExchange(options: ExchangeOptions) {
  const { wheel, loops, onRequest, describe, isTrusted, localReplies } = options;

  return async function exchange(
    request: WebRequest,
    passage: WebPassage,
    body: RequestBody | undefined,
    source: Source,
  ): Promise<Exchange> {
    const { timeouts } = passage.destination;
    if (body !== undefined) body.maxBytes = passage.route.guards?.maxBodySize ?? Infinity;
    const startedAt = onRequest === undefined ? 0 : performance.now();
    const deadline = startDeadline(request, wheel, timeouts.request);
    const missing = body && await attachBody(request, body, timeouts);
    const result = missing ?? await passage.proxy(request);
    const { response, end, sentBytes } = respond(request, passage, result, source);
    const onSent = () => {
      if (deadline !== undefined) wheel.remove(deadline);
      end?.();
      if (onRequest === undefined) return;
      const broken = breakOf(request, result);
      const ending = {
        status: response.status,
        broken,
        bytes: request.method === "HEAD" ? 0 : sentBytes(),
        milliseconds: performance.now() - startedAt,
      };
      onRequest(finishedEntry(describe(request), result, ending, Date.now()));
    };
    return { response, onSent };
  };

  /** Gives the request its body. @returns the result of the request if no body arrives in time */
  async function attachBody(
    request: WebRequest,
    body: RequestBody,
    timeouts: Timeouts,
  ): Promise<Result<WebResponse> | undefined> {
    const timeout = Math.min(timeouts.idle, timeouts.request);
    const present = body.announced || await waitForBody(body, wheel, timeout);
    if (present) request.body = body;
    if (present !== undefined) return undefined;
    return {
      kind: "failed",
      outcome: CLIENT_STALLED,
      verdict: "request body at fault",
      attempts: [],
    };
  }

  /**
   * The response to send, what to call once its backend is no longer needed, and what tells how many bytes
   * of its body were sent. Of a body that Deno.serve gets as a whole, that is all or nothing.
   */
  function respond(
    request: WebRequest,
    { destination: { pool }, route, cookie: sideCookie }: WebPassage,
    result: Result<WebResponse>,
    { draining: closing }: Source,
  ): { response: Response; end?: () => void; sentBytes: () => number } {
    if (result.kind === "failed") {
      const failure = failureReply(result.outcome, result.verdict);
      const reply = withPage(failure, route.errorPages);
      localReplies.count(reply.status);
      const sentBytes = () => isDeparture(result.outcome) ? 0 : lengthOf(reply);
      return { response: localResponse(reply, closing), sentBytes };
    }
    const { backend, outcome } = result;
    loops.noteAnswer(backend.id, outcome.status);
    const additions: Additions = {
      closing,
      cookies: [pool.cookieFor(request, backend), sideCookie],
      changes: route.response && changesFor(request, route, route.response),
    };
    const { attempt, bytes } = outcome.response;
    const length = bytes?.length; // the next line may free them
    const response = forwardedResponse(outcome.response, request, additions);
    if (length === undefined) {
      const end = endOnce(request, pool, backend, outcome);
      return { response, end, sentBytes: () => attempt.sentBytes };
    }
    // A short body was received whole: its backend is done, however slowly the client reads it.
    pool.end(backend, outcome, undefined);
    return { response, sentBytes: () => request.clientGone ? 0 : length };
  }

  function changesFor(request: WebRequest, route: Route, changes: HeaderChanges) {
    const fill = fillingFor(request, route, isTrusted);
    return (fields: Field[]) => changeFields(fields, changes, fill);
  }

  /** Makes the function that reports the end of a response to the pool, once it is out or broken off. */
  function endOnce(
    request: WebRequest,
    pool: Pool,
    backend: Backend,
    answered: Answered<WebResponse>,
  ): () => void {
    const { attempt } = answered.response;
    let over = false;
    return attempt.onBrokenOff = () => {
      if (over) return;
      over = true;
      attempt.onBrokenOff = undefined;
      attempt.end();
      // A request that ran out of time was broken off here: that is not the backend's fault.
      const broken = attempt.broken && request.expired ? UPLOAD_EXPIRED : attempt.broken;
      pool.end(backend, answered, broken);
    };
  }
}

/** Why the response did not get through whole; undefined if it did, or if that was not noticed. */
function breakOf(request: WebRequest, result: Result<WebResponse>): Failed | undefined {
  if (result.kind === "failed") return undefined;
  return result.outcome.response.attempt.broken ?? (request.clientGone ? CLIENT_GONE : undefined);
}
