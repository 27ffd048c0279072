/** One request and its response: from a head that is complete to the last byte sent. */
import {
  failureReply,
  internalErrorReply,
  lastRecipientReply,
  type LocalReply,
  refusalReply,
} from "../../http/local_reply.ts";
import { finishedEntry, refusedEntry } from "../shared/access_entry.ts";
import { isLastRecipient } from "../shared/admission.ts";
import { CLIENT_GONE } from "../shared/failures.ts";
import { OVERLOAD } from "../shared/overload.ts";
import { startDeadline } from "../shared/request_deadline.ts";
import type { Failed } from "../../outcome.ts";
import type { Result } from "../../proxy.ts";
import type { StopReason } from "../../retry.ts";
import type { BackendConnection } from "./backend/connection.ts";
import { localReplyBytes } from "./http1/local_reply_bytes.ts";
import { bytesOf, textOf } from "./http1/bytes.ts";
import { readRequestLine } from "./http1/request_host.ts";
import type { Client } from "./client/client.ts";
import { isBreak } from "./failures.ts";
import type { TcpResponse } from "./backend/forward.ts";
import type { Malformed } from "./http1/malformed.ts";
import { relay, wholeResponse } from "./relay.ts";
import { TcpRequest } from "./request.ts";
import type { RequestHead } from "./http1/request_head.ts";
import { editHead, framingOf, type Persistence } from "./http1/response_framing.ts";
import { endOf, tunnel } from "./tunnel.ts";
import { Upload } from "./upload.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * Serves one request.
 *
 * @returns whether the connection can take another
 * @throws {Malformed} where the request is not to be forwarded
 */
export async function serveRequest(client: Client, head: RequestHead): Promise<boolean> {
  const { context, inbox } = client;
  const { bytes, filled } = inbox;
  const request = new TcpRequest(client, bytes, filled, head);
  client.begin(request);
  inbox.start = request.hasMore ? filled : request.end;
  if (request.hasMore) {
    request.upload = new Upload(client, context.bodies, head, bytes.subarray(head.end, filled));
  }
  const startedAt = context.onRequest === undefined ? 0 : performance.now();
  const { limits, wheel, overload } = context;
  request.deadline = startDeadline(request, wheel, limits.requestTimeout);
  let counted = false;
  try {
    const maxForwards = head.ruled ? request.header("max-forwards") : undefined;
    if (isLastRecipient(request.method, maxForwards)) {
      return await answer(client, request, lastRecipientReply());
    }
    counted = overload.acquire();
    if (!counted) return await turnAway(client, request);
    client.awaitBackend();
    const result = await context.proxy(request);
    const keeps = result.kind === "answered"
      ? await passResponse(client, request, result)
      : await answerFailure(client, request, result.outcome, result.verdict);
    // What the client was refused meanwhile is in the log already.
    if (context.onRequest !== undefined && !client.refused) {
      const { status, broken } = request;
      const ending = { status, broken, milliseconds: performance.now() - startedAt };
      context.onRequest(finishedEntry(request, result, ending, Date.now()));
    }
    return keeps;
  } finally {
    if (counted) overload.release();
    if (request.deadline !== undefined) wheel.remove(request.deadline);
    request.upload?.close();
    client.request = undefined;
  }
}

/** Answers a request that is one too many. @returns whether the connection can take another */
async function turnAway(client: Client, request: TcpRequest): Promise<boolean> {
  logRefused(client, OVERLOAD);
  return await answer(client, request, OVERLOAD.reply);
}

/** Sends a backend's response, and tells the pool when it is over. */
async function passResponse(
  client: Client,
  request: TcpRequest,
  { outcome, backend }: Result<TcpResponse> & { kind: "answered" },
): Promise<boolean> {
  const { connection } = outcome.response;
  const { pool } = client.context;
  try {
    const cookie = pool.cookieFor(request, backend);
    return await relayResponse(client, request, outcome.response, cookie);
  } finally {
    pool.end(backend, outcome, brokenBy(request, connection));
  }
}

/** Why a response did not get through whole, as far as it says something of the backend; undefined where
 * it did. */
function brokenBy(
  request: TcpRequest,
  { closeReason, head }: BackendConnection,
): Failed | undefined {
  if (request.broken === undefined) return undefined;
  const { upload, expired } = request;
  const waited = closeReason?.failure === "http_response_timeout" &&
    (upload?.awaitsClient || upload?.broken);
  return closeReason === undefined || head.status === 101 || expired || waited
    ? CLIENT_GONE
    : closeReason;
}

/** @returns whether the client's connection can take another request */
async function relayResponse(
  client: Client,
  request: TcpRequest,
  { connection, connections }: TcpResponse,
  cookie: string | undefined,
): Promise<boolean> {
  const { head } = connection;
  const { minor } = request.head;
  request.status = head.status;
  client.respond();
  try {
    if (head.status === 101) {
      if (request.deadline !== undefined) client.context.wheel.clear(request.deadline);
      await passTunnel(client, connection, cookie);
      connections.discard(connection);
      return false;
    }
    const framing = framingOf(head, request.method, minor);
    const keeps = framing !== "close" && keepsConnection(client, request);
    const start = editHead(connection.buffer, head, framing, persistenceOf(keeps, minor), cookie);
    connection.clearDeadline();
    const { outbox, context: { bodies, limits } } = client;
    const whole = wholeResponse(connection, framing, start);
    let clean: boolean;
    if (whole !== undefined) {
      const rest = outbox.finish(whole, await outbox.begin(whole));
      if (rest !== undefined) await rest;
      clean = start + whole.length === connection.filled;
    } else {
      clean = await relay(start, { connection, sink: outbox, framing, bodies, limits });
    }
    request.connection = undefined; // from now on it is nobody's, or another's
    const sent = request.upload?.wasSentOn(connection) ?? true;
    if (clean && sent && head.persistent) connections.release(connection);
    else connections.discard(connection);
    return keeps;
  } catch (error) {
    request.broken = connection.closeReason?.detail ?? String(error);
    connections.discard(connection);
    if (!isBreak(error)) client.context.onError(error);
    client.close();
    return false;
  }
}

async function answerFailure(
  client: Client,
  request: TcpRequest,
  failed: Failed,
  verdict: StopReason,
): Promise<boolean> {
  if (failed.failure === "proxy_internal_error") client.context.onError(new Error(failed.detail));
  const own = failed.failure === "proxy_internal_error"
    ? internalErrorReply()
    : failureReply(failed, verdict);
  request.status = own.status;
  if (client.gone) return false;
  try {
    return await answer(client, request, own);
  } catch (error) {
    if (!isBreak(error)) throw error;
    request.broken = "the client left";
    return false;
  }
}

/** Sends an answer of our own. @returns whether the client's connection can take another request */
async function answer(client: Client, request: TcpRequest, answer: LocalReply): Promise<boolean> {
  const keeps = keepsConnection(client, request);
  const persistence = persistenceOf(keeps, request.head.minor);
  const bytes = localReplyBytes(answer, persistence, request.method === "HEAD");
  client.respond();
  await client.outbox.send(bytes);
  return keeps;
}

/** What was sent so far belongs to HTTP; what follows belongs to the two ends. */
async function passTunnel(
  client: Client,
  connection: BackendConnection,
  cookie: string | undefined,
): Promise<void> {
  const { head, buffer } = connection;
  const protocols = textOf(buffer, head.upgradeStart, head.upgradeEnd);
  const start = editHead(buffer, head, "none", undefined, cookie);
  const lines = bytesOf(`connection: upgrade\r\nupgrade: ${protocols}\r\n\r\n`);
  await client.outbox.send(buffer.slice(start, head.end - 2));
  await client.outbox.send(lines);
  await client.outbox.send(buffer.slice(head.end, connection.filled));
  connection.clearDeadline();
  client.keepTunnel();
  await connection.write(client.inbox.takeRest());
  const buffers = [client.context.smalls.borrow(), connection.buffer] as const;
  const end = endOf(client.connection, client.inbox);
  await tunnel({ client: end, backend: connection, buffers, onBytes: () => client.keepTunnel() });
}

function keepsConnection(client: Client, { head, upload }: TcpRequest): boolean {
  return head.persistent && !client.context.draining && !client.sendsNoMore &&
    (upload?.complete ?? true);
}

function persistenceOf(keeps: boolean, minor: number): Persistence {
  if (!keeps) return "close";
  return minor === 0 ? "keep-alive" : undefined;
}

/** The answer to what is not forwarded, told to the log. */
export function refuse(client: Client, malformed: Malformed): Bytes {
  logRefused(client, malformed);
  return localReplyBytes(refusalReply(malformed), "close", false);
}

function logRefused(client: Client, refusal: { status: number; reason: string }): void {
  const { request, context, address } = client;
  if (context.onRequest === undefined) return;
  const logged = request ??
    { clientAddress: address, ...readRequestLine(client.inbox.bytes, client.head) };
  context.onRequest(refusedEntry(logged, refusal, Date.now()));
}
