/** Decides what comes of a request: who may ask, for what, and which route answers. */
import { STATUS_CODE } from "@std/http/status";
import type { LocalReply } from "../http/local_reply.ts";
import type { Control } from "./control.ts";
import { type Health, healthReply, isHealthPath } from "./health.ts";
import { errorReply, type Field } from "./replies.ts";
import type { AdminRequest } from "./request.ts";
import { type Answer, findRoute } from "./routes.ts";
import { refuseSender, type Scheme } from "./sender.ts";
import type { Identity, TokenCheck } from "./tokens.ts";

/** The largest body that is read, in bytes. */
export const MAX_BODY_BYTES = 64 * 1024;

/** What answers come from. */
export interface Sources {
  readonly health: Health;
  readonly control: Control;
  readonly tokens: TokenCheck;
  /** admin.host, if it is on loopback, or localhost for a unix socket; undefined if it is beyond. */
  readonly ownHost: string | undefined;
  readonly scheme: Scheme;
  /** In milliseconds since 1970. */
  readonly wallClock: () => number;
}

/** A change that may be made, once its body has arrived. */
export interface Change {
  readonly act: (body: Uint8Array) => Answer | Promise<Answer>;
}

/**
 * @param address of the client
 * @param now in milliseconds
 * @returns the reply, or a change that still has to be made
 */
export function decide(
  request: AdminRequest,
  address: string,
  now: number,
  { health, control, tokens, ownHost, scheme, wallClock }: Sources,
): LocalReply | Change {
  const { method, path } = request;
  const isHealth = isHealthPath(path);
  const refusal = refuseSender(request, ownHost, isHealth, scheme);
  if (refusal !== undefined) return refusal;
  const isReading = method === "GET" || method === "HEAD";
  if (isHealth) return isReading ? healthReply(path, health) : notAllowed("GET, HEAD");
  const identity = tokens.identify(request.authorization, address, now);
  if (identity.kind !== "known") return unidentified(identity);
  const found = findRoute(path);
  if ("status" in found) return found;
  const { route, names } = found;
  if (route.method === "GET") {
    return isReading
      ? route.answer({ control, names, body: undefined, now: wallClock() })
      : notAllowed("GET, HEAD");
  }
  if (method !== "POST") return notAllowed("POST");
  if (identity.role !== "operator") {
    return errorReply(STATUS_CODE.Forbidden, "this token may only read: changes need admin.token");
  }
  return refuseBody(request) ?? {
    act(bytes) {
      const body = parseBody(bytes);
      return body === undefined
        ? errorReply(STATUS_CODE.BadRequest, "the body must be JSON")
        : route.answer({ control, names, body: body.value, now: wallClock() });
    },
  };
}

function refuseBody({ isChunked, contentLength }: AdminRequest): LocalReply | undefined {
  if (isChunked) {
    return errorReply(STATUS_CODE.LengthRequired, "a body must have a Content-Length");
  }
  if (contentLength > MAX_BODY_BYTES) {
    const error = `a body must have at most ${MAX_BODY_BYTES / 1024} KiB`;
    return errorReply(STATUS_CODE.ContentTooLarge, error);
  }
  return undefined;
}

/** @returns undefined if it is not JSON; an empty one has no value */
function parseBody(bytes: Uint8Array): { readonly value: unknown } | undefined {
  if (bytes.length === 0) return { value: undefined };
  try {
    return { value: JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}

function unidentified(identity: Exclude<Identity, { readonly kind: "known" }>): LocalReply {
  switch (identity.kind) {
    case "closed":
      return errorReply(
        STATUS_CODE.Forbidden,
        "beyond loopback only /livez and /readyz are answered, as admin.token is not set",
      );
    case "missing":
      return unauthorized("a token is needed: Authorization: Bearer TOKEN", "Bearer");
    case "wrong":
      return unauthorized("the token is wrong", 'Bearer error="invalid_token"');
    case "limited": {
      const seconds = String(Math.max(1, Math.ceil(identity.waitMs / 1000)));
      const fields: Field[] = [["retry-after", seconds]];
      return errorReply(STATUS_CODE.TooManyRequests, "there were too many wrong tokens", fields);
    }
  }
}

/** RFC 6750, 3. */
function unauthorized(error: string, challenge: string): LocalReply {
  return errorReply(STATUS_CODE.Unauthorized, error, [["www-authenticate", challenge]]);
}

function notAllowed(methods: string): LocalReply {
  return errorReply(STATUS_CODE.MethodNotAllowed, `use ${methods.replace(", ", " or ")}`, [[
    "allow",
    methods,
  ]]);
}
