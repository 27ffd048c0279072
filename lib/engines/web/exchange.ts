/** One request of the web engine: from its head until its response is out. */
import type { Backend } from "../../backends/backend.ts";
import type { Field } from "../../http/headers.ts";
import { hstsBeside } from "../../http/hsts.ts";
import {
  failureReply,
  lengthOf,
  type LocalReply,
  notOpenedReply,
  withPage,
} from "../../http/local_reply.ts";
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
import type { WebAttempt } from "./attempt.ts";
import type { WebAnswer } from "./forward.ts";
import type { WebRequest } from "./request.ts";
import type { RequestBody } from "./request_body.ts";
import { type Additions, forwardedResponse, localResponse, type Side } from "./respond.ts";
import type { Tunnels } from "./tunnels.ts";

export interface ExchangeOptions {
  readonly wheel: Wheel;
  readonly loops: Pick<LoopGuard, "noteAnswer">;
  readonly tunnels: Tunnels;
  /** Called with each request's log entry once its response is out; undefined writes no log. */
  readonly onRequest: ((entry: AccessEntry) => void) | undefined;
  /** What the log says of a request. */
  readonly describe: Describe;
  readonly isTrusted: IsTrusted;
  readonly localReplies: StatusCounts;
}

/** A response, and what to do once it is out. */
interface Exchange {
  readonly response: Response;
  /** Resolves when a WebSocket is over that it opens; undefined for any other response. */
  readonly over: Promise<void> | undefined;
  readonly onSent: () => void;
}

/** What is known of a response that is on its way. */
export interface Answer {
  readonly response: Response;
  /** Called once its backend is no longer needed. */
  readonly end?: () => void;
  /** Bytes of its body that were sent. Of a body that Deno.serve gets as a whole, that is all or nothing. */
  readonly sentBytes: () => number;
  /** Of a WebSocket that it opens, why it broke off; undefined if it did not. */
  readonly broken?: () => Failed | undefined;
  /** Resolves when that is over. */
  readonly over?: Promise<void>;
}

/** A request of this engine on its way. */
export type WebPassage = Passage<WebRequest, WebAnswer>;

/** Makes the function that serves one request, whose way is known. */
export function createExchange(options: ExchangeOptions) {
  const { wheel, loops, tunnels, onRequest, describe, isTrusted, localReplies } = options;

  return async function exchange(
    request: WebRequest,
    passage: WebPassage,
    body: RequestBody | undefined,
    source: Side,
  ): Promise<Exchange> {
    const { timeouts } = passage.destination;
    if (body !== undefined) body.maxBytes = passage.route.guards?.maxBodySize ?? Infinity;
    const startedAt = onRequest === undefined ? 0 : performance.now();
    const deadline = startDeadline(request, wheel, timeouts.request);
    const missing = body && await attachBody(request, body, timeouts);
    const result = missing ?? await passage.proxy(request);
    const { response, end, sentBytes, broken, over } = respond(request, passage, result, source);
    if (over !== undefined && deadline !== undefined) wheel.remove(deadline);
    const onSent = () => {
      if (deadline !== undefined) wheel.remove(deadline);
      end?.();
      if (onRequest === undefined) return;
      const ending = {
        status: response.status,
        broken: broken === undefined ? breakOf(request, result) : broken(),
        bytes: request.method === "HEAD" ? 0 : sentBytes(),
        milliseconds: performance.now() - startedAt,
      };
      onRequest(finishedEntry(describe(request), result, ending, Date.now()));
    };
    return { response, over, onSent };
  };

  /** Gives the request its body. @returns the result of the request if no body arrives in time */
  async function attachBody(
    request: WebRequest,
    body: RequestBody,
    timeouts: Timeouts,
  ): Promise<Result<WebAnswer> | undefined> {
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

  /** Makes the response. */
  function respond(
    request: WebRequest,
    passage: WebPassage,
    result: Result<WebAnswer>,
    source: Side,
  ): Answer {
    const { destination: { pool }, route, cookie: sideCookie } = passage;
    if (result.kind === "failed") {
      const failure = failureReply(result.outcome, result.verdict);
      return answerSelf(failure, route, source, () => isDeparture(result.outcome));
    }
    const { backend, outcome } = result;
    loops.noteAnswer(backend.id, outcome.status);
    const additions: Additions = {
      closing: source.draining,
      cookies: [pool.cookieFor(request, backend), sideCookie],
      hsts: hstsBeside(source.hsts, route.response),
      changes: route.response && changesFor(request, route, route.response),
    };
    const { response: answer } = outcome;
    if ("serve" in answer) {
      if (answer.serve === undefined) {
        pool.end(backend, outcome, undefined);
        return answerSelf(notOpenedReply(outcome.status), route, source, () => request.clientGone);
      }
      const onEnd = (broken: Failed | undefined) =>
        pool.end(backend, outcome, broken && CLIENT_GONE); // nobody knows whose fault it was
      const { timeouts } = passage.destination;
      return answer.serve({ request, wheel, tunnels, timeouts, backend, source, additions, onEnd });
    }
    const { attempt, bytes } = answer;
    const length = bytes?.length; // the next line may free them
    const response = forwardedResponse(answer, request, additions);
    if (length === undefined) {
      const end = endOnce(request, pool, backend, outcome, attempt);
      return { response, end, sentBytes: () => attempt.sentBytes };
    }
    // A short body was received whole: its backend is done, however slowly the client reads it.
    pool.end(backend, outcome, undefined);
    return { response, sentBytes: () => request.clientGone ? 0 : length };
  }

  /** Answers in the backend's stead. */
  function answerSelf(
    own: LocalReply,
    route: Route,
    source: Side,
    hasLeft: () => boolean,
  ): Answer {
    const reply = withPage(own, route.errorPages);
    localReplies.count(reply.status);
    return {
      response: localResponse(reply, source),
      sentBytes: () => hasLeft() ? 0 : lengthOf(reply),
    };
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
    answered: Answered<WebAnswer>,
    attempt: WebAttempt,
  ): () => void {
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

/** Why a response did not get through whole; undefined if it did, or if that was not noticed. */
function breakOf(request: WebRequest, result: Result<WebAnswer>): Failed | undefined {
  if (result.kind === "failed") return undefined;
  const { response } = result.outcome;
  if ("serve" in response) return undefined;
  return response.attempt.broken ?? (request.clientGone ? CLIENT_GONE : undefined);
}
