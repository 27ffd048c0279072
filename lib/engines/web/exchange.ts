/** One request of the web engine: from its head until its response is out. */
import type { AccessEntry } from "../../logging/access_log.ts";
import { failureAnswer } from "../../http/local_reply.ts";
import type { Backend } from "../../backends/backend.ts";
import type { Limits } from "../engine.ts";
import { CLIENT_STALLED, UPLOAD_EXPIRED } from "../../failures.ts";
import type { Answered, Outcome } from "../../outcome.ts";
import type { Pool } from "../../pool/pool.ts";
import type { Result } from "../../proxy.ts";
import type { Wheel } from "../../time/timer_wheel.ts";
import { arrives } from "./body_presence.ts";
import type { RequestBody } from "./request_body.ts";
import type { WebResponse } from "./forward.ts";
import type { WebRequest } from "./request.ts";
import { RequestDeadline } from "./request_deadline.ts";
import { forwardedResponse, ownResponse } from "./respond.ts";

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
    const deadline = requestTimeout === Infinity ? undefined : new RequestDeadline(request);
    if (deadline !== undefined) wheel.set(deadline, requestTimeout);
    const absent = body && await receiveBody(request, body);
    const result = absent ?? await proxy(request);
    const { outcome, verdict } = result;
    const response = outcome.kind === "answered"
      ? forwardedResponse(outcome.response, request.method, isDraining(), cookieOf(request, result))
      : ownResponse(failureAnswer(outcome, verdict), isDraining());
    let end: (() => void) | undefined;
    if (outcome.kind === "answered") {
      // A short body has come as a whole: its backend is done, however slow the client takes it.
      if (outcome.response.bytes !== undefined) pool.end(backendOf(result), outcome, undefined);
      else end = endOnce(request, result, outcome);
    }
    const onSent = () => {
      if (deadline !== undefined) wheel.remove(deadline);
      end?.();
      onRequest?.(entryOf(request, startedAt, result, response.status));
    };
    return { response, onSent };
  };

  function cookieOf(request: WebRequest, result: Result<WebResponse>): string | undefined {
    return pool.cookieFor(request, backendOf(result));
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
    return { outcome: CLIENT_STALLED, attempts: [], verdict: "request body at fault" };
  }

  /** Tells the pool that a response is over, once it is out or broken off. */
  function endOnce(
    request: WebRequest,
    result: Result<WebResponse>,
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
      pool.end(backendOf(result), answered, broken);
    };
  }
}

/** The backend that answered. */
function backendOf({ attempts }: Result<WebResponse>): Backend {
  return attempts.at(-1)!.backend;
}

function entryOf(
  { clientAddress, method, path }: WebRequest,
  startedAt: number,
  { attempts, verdict, outcome }: Result<WebResponse>,
  status: number,
): AccessEntry {
  const milliseconds = performance.now() - startedAt;
  const time = new Date(Date.now() - milliseconds);
  const entry = { time, clientAddress, method, path, status, milliseconds, attempts, verdict };
  const broken = brokenOf(outcome);
  return broken === undefined ? entry : { ...entry, broken };
}

function brokenOf(outcome: Outcome<WebResponse>): string | undefined {
  return outcome.kind === "answered" ? outcome.response.attempt.broken?.detail : undefined;
}
