/** Sends a request to one backend, once, over a pooled connection. */
import { delay } from "@std/async/delay";
import type { Backend } from "../../../backends/backend.ts";
import { type Failed, failed, type Outcome } from "../../../outcome.ts";
import { isIdempotent } from "../../../retry.ts";
import type { BackendConnection } from "../backend/connection.ts";
import type { Buffers } from "../../../net/buffers.ts";
import { copy } from "../http1/bytes.ts";
import {
  CLIENT_GONE,
  CLOSED_EARLY,
  internalError,
  NO_FIRST_BYTE,
  RESPONSE_HEAD_TOO_LARGE,
} from "../../shared/failures.ts";
import { mayBeResent } from "../../shared/reuse.ts";
import { chooseFraming } from "../http1/response_framing.ts";
import { receiveFirstPiece } from "./first_piece.ts";
import { invalidResponse } from "./invalid_response.ts";
import { isPeerError } from "./peer_error.ts";
import { Malformed } from "../http1/malformed.ts";
import type { TcpRequest } from "./request.ts";
import { TcpResponse } from "./response.ts";
import type { Transport, Transports } from "./transports.ts";
import type { Wheel } from "../../../time/timer_wheel.ts";
import { plainMessage } from "../../../net/plain_message.ts";

export interface ForwardOptions {
  readonly wheel: Wheel;
  /** Buffers to assemble requests in. */
  readonly heads: Buffers;
  readonly transports: Transports;
}

/** Interim responses before a final one; more are a flood. */
const MAX_INTERIM = 100;

const TOO_MANY_INTERIM = failed("http_protocol_error", "there are too many interim responses");

/** Makes the tcp engine's `forward`. */
export function createForward({ wheel, heads, transports }: ForwardOptions) {
  return async function forward(
    request: TcpRequest,
    backend: Backend,
  ): Promise<Outcome<TcpResponse>> {
    const { timeouts, proxyProtocol: version } = request.way!.destination;
    const introduction = version && { client: request.client, version };
    const transport = transports.to(backend, timeouts.backendIdle);
    const { connections, reuseLimit } = transport;
    const takenAt = wheel.now;
    const limit = isIdempotent(request.method) ? Infinity : reuseLimit.milliseconds(takenAt);
    const idle = connections.take(limit, introduction?.client);
    await null; // if bytes have arrived on it already, they are noticed first: they belong to no request
    if (idle?.begin()) {
      const sent = await send(request, idle, transport);
      if (sent instanceof TcpResponse) return answered(sent);
      connections.discard(idle);
      if (!wasStale(idle)) return sent;
      if (!mayBeResent(request, idle.sent === 0)) {
        return reuseLimit.assessLoss(sent, limit, takenAt, wheel.now);
      }
    }
    const open = () =>
      connections.open(Math.min(timeouts.connect, request.timeLeft(wheel.now)), introduction);
    let opened = await open();
    if (isOutOfDescriptors(opened) && transports.dropOneIdle()) {
      await delay(0); // its descriptor is free only then
      opened = await open();
    }
    if ("kind" in opened) return request.ended ?? opened;
    const sent = request.ended ?? await send(request, opened, transport);
    if (sent instanceof TcpResponse) return answered(sent);
    connections.discard(opened);
    return opened.sent === 0 ? { ...sent, neverLeft: true } : sent;
  };

  async function send(
    request: TcpRequest,
    connection: BackendConnection,
    transport: Transport,
  ): Promise<TcpResponse | Failed> {
    const { head, buffer } = connection;
    const { timeouts } = request.way!.destination;
    request.connection = connection;
    connection.setDeadline(timeouts.firstByte, NO_FIRST_BYTE);
    try {
      const out = bufferFor(request, transport);
      const bytes = out.subarray(0, assemble(request, transport, out));
      const sending = connection.send(bytes);
      connection.sent = typeof sending === "number" ? sending : await sending;
      if (connection.sent < bytes.length) await connection.sendRest(bytes);
      heads.giveBack(out);
      request.upload?.sendTo(connection, timeouts)
        .catch((error) => connection.end(internalError(error)));

      for (let interim = 0;;) {
        const size = await connection.receive();
        if (size === null) return CLOSED_EARLY;
        connection.filled += size;
        connection.receivedAny = true;
        while (head.scan(buffer, connection.filled)) {
          if (head.status >= 200 || head.status === 101) {
            connection.answering = true;
            const framing = chooseFraming(head, request.method, request.head.minor);
            const response = new TcpResponse(connection, transport.connections, framing);
            if (head.status === 101) return checkUpgrade(request, connection) ?? response;
            return response.begun ? response : await receiveFirstPiece(response) ?? response;
          }
          if (++interim > MAX_INTERIM) return TOO_MANY_INTERIM;
          if (!await forwardInterim(request, connection)) return CLIENT_GONE;
          connection.dropHead();
          // Until the body is sent, its progress is awaited, not the response.
          if (request.upload?.wasSentOn(connection) ?? true) {
            connection.setDeadline(timeouts.firstByte, NO_FIRST_BYTE);
          }
        }
        if (connection.filled === buffer.length) return RESPONSE_HEAD_TOO_LARGE;
      }
    } catch (error) {
      if (connection.closeReason !== undefined) return connection.closeReason;
      if (error instanceof Malformed) return invalidResponse(error);
      return isPeerError(error)
        ? failed("connection_terminated", plainMessage(error))
        : internalError(error);
    }
  }

  /** A buffer for the head and the part of the body that has arrived. */
  function bufferFor({ forwarded, head, end }: TcpRequest, { prefix, authority }: Transport) {
    const length = forwarded.maxLength(prefix, authority) + end - head.end;
    return length <= heads.size ? heads.borrow() : new Uint8Array(length);
  }
}

function isOutOfDescriptors(opened: BackendConnection | Failed): boolean {
  return "kind" in opened && opened.failure === "connection_limit_reached";
}

function answered(response: TcpResponse): Outcome<TcpResponse> {
  return { kind: "answered", status: response.connection.head.status, response };
}

/** Whether the backend had closed an idle connection before it got the request, as far as can be seen. */
function wasStale({ closeReason, receivedAny }: BackendConnection): boolean {
  return closeReason === undefined && !receivedAny;
}

/** @returns false if the client is gone, which is not the backend's fault */
async function forwardInterim(
  request: TcpRequest,
  connection: BackendConnection,
): Promise<boolean> {
  try {
    await request.interim?.forward(connection.head, connection.buffer);
  } catch (error) {
    if (!isPeerError(error)) throw error;
    request.clientGone = true;
  }
  return !request.clientGone;
}

/** Writes the head and the part of the body that has arrived to a buffer. @returns where they end */
function assemble(
  { forwarded, bytes, head, end }: TcpRequest,
  { prefix, authority }: Transport,
  out: Uint8Array<ArrayBuffer>,
): number {
  const length = forwarded.write(bytes, out, prefix, authority);
  return copy(bytes, head.end, end, out, length);
}

/** A backend may change protocols only if it was asked to and has the whole request. */
function checkUpgrade(
  { upgrade, upload }: TcpRequest,
  connection: BackendConnection,
): Failed | undefined {
  if (upgrade === undefined) {
    return failed("http_protocol_error", "it changed protocols without being asked to");
  }
  if (connection.head.upgradeEnd === 0) {
    return failed("http_protocol_error", "it changed protocols without saying to which");
  }
  if (upload?.wasSentOn(connection) === false) {
    return failed("http_protocol_error", "it changed protocols before it had the whole body");
  }
  return undefined;
}
