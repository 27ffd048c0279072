/** One request of the web engine: from its head until its response is out. */
import type { AccessEntry } from "../../logging/access_log.ts";
import { failureReply } from "../../http/local_reply.ts";
import type { Backend } from "../../backends/backend.ts";
import type { Limits } from "../engine.ts";
import { finishedEntry } from "../shared/access_entry.ts";
import { CLIENT_STALLED, UPLOAD_EXPIRED } from "../shared/failures.ts";
import { startDeadline } from "../shared/request_deadline.ts";
import type { Answered } from "../../outcome.ts";
import type { Pool } from "../../pool/pool.ts";
import type { Result } from "../../proxy.ts";
import type { Wheel } from "../../time/timer_wheel.ts";
import { arrives } from "./body_presence.ts";
import type { RequestBody } from "./request_body.ts";
import type { WebResponse } from "./forward.ts";
import type { WebRequest } from "./request.ts";
import { forwardedResponse, localResponse } from "./respond.ts";

export interface ExchangeOptions {
  readonly pool: Pool;
  readonly proxy: (request: WebRequest) => Promise<Result<WebResponse>>;
  readonly wheel: Wheel;
  readonly limits: Pick<Limits, "requestTimeout" | "idleTimeout">;
  /** Told of each request once its response is out; undefined writes no log. */
  readonly onRequest: ((entry: AccessEntry) => void) | undefined;
  /** Whether responses should say `connection: close`. */
  readonly isDraining: () => boolean;
}

/** Makes the function that serves a request: the response, and what to do once it is out. */
export function createExchange(options: ExchangeOptions) {
  const { pool, proxy, wheel, onRequest, isDraining } = options;
  const { requestTimeout, idleTimeout } = options.limits;

  return async function exchange(
    request: WebRequest,
    body: RequestBody | undefined,
  ): Promise<{ response: Response; onSent: () => void }> {
    const startedAt = onRequest === undefined ? 0 : performance.now();
    const deadline = startDeadline(request, wheel, requestTimeout);
    const absent = body && await receiveBody(request, body);
    const result = absent ?? await proxy(request);
    const { response, end } = respond(request, result);
    const onSent = () => {
      if (deadline !== undefined) wheel.remove(deadline);
      end?.();
      if (onRequest === undefined) return;
      const milliseconds = performance.now() - startedAt;
      const ending = { status: response.status, broken: explainBreak(result), milliseconds };
      onRequest(finishedEntry(request, result, ending, Date.now()));
    };
    return { response, onSent };
  };

  /** The response to send, and what to call when its backend is not needed any more. */
  function respond(
    request: WebRequest,
    result: Result<WebResponse>,
  ): { response: Response; end?: () => void } {
    if (result.kind === "failed") {
      const reply = failureReply(result.outcome, result.verdict);
      return { response: localResponse(reply, isDraining()) };
    }
    const { backend, outcome } = result;
    const cookie = pool.cookieFor(request, backend);
    const response = forwardedResponse(outcome.response, request.method, isDraining(), cookie);
    if (outcome.response.bytes === undefined) {
      return { response, end: endOnce(request, backend, outcome) };
    }
    // A short body was received whole: its backend is done, however slowly the client reads it.
    pool.end(backend, outcome, undefined);
    return { response };
  }

  /** Gives the request its body. @returns what it comes to where that does not come */
  async function receiveBody(
    request: WebRequest,
    body: RequestBody,
  ): Promise<Result<WebResponse> | undefined> {
    const timeout = Math.min(idleTimeout, requestTimeout);
    const present = body.announced || await arrives(body, wheel, timeout);
    if (present) request.body = body;
    if (present !== undefined) return undefined;
    return {
      kind: "failed",
      outcome: CLIENT_STALLED,
      verdict: "request body at fault",
      attempts: [],
    };
  }

  /** Tells the pool that a response is over, once it is out or broken off. */
  function endOnce(
    request: WebRequest,
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
      // Why a request out of time was broken off says nothing of the backend.
      const broken = attempt.broken && request.expired ? UPLOAD_EXPIRED : attempt.broken;
      pool.end(backend, answered, broken);
    };
  }
}

/** Why the response did not get through whole; undefined if it did. */
function explainBreak(result: Result<WebResponse>): string | undefined {
  return result.kind === "failed" ? undefined : result.outcome.response.attempt.broken?.detail;
}
