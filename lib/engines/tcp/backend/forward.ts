/** Sends a request to one backend on a connection of our own, once, and says what that came to. */
import type { Backend } from "../../../backends/backend.ts";
import { type Failed, failed, type Outcome } from "../../../outcome.ts";
import { isIdempotent } from "../../../retry.ts";
import type { BackendConnection } from "./connection.ts";
import type { Buffers } from "../buffers.ts";
import { bytesOf, copy } from "../http1/bytes.ts";
import { ConnectionPool, type ConnectionPoolOptions } from "./connection_pool.ts";
import { parseAddress } from "../../../net/dial.ts";
import { CLIENT_GONE, NO_FIRST_BYTE } from "../../shared/failures.ts";
import { CLOSED_EARLY, internalError, isBreak } from "../failures.ts";
import { Malformed } from "../http1/malformed.ts";
import type { TcpRequest } from "../request.ts";
import type { UploadTimeouts } from "../upload.ts";

export interface ForwardOptions extends ConnectionPoolOptions {
  /** Buffers to put requests together in. */
  readonly heads: Buffers;
  /** Per attempt. */
  readonly timeouts: UploadTimeouts;
}

/** A backend's answer: its head read, its body to follow on the connection. */
export interface TcpResponse {
  readonly connection: BackendConnection;
  /** Where the connection goes when it may be used again. */
  readonly connections: ConnectionPool;
}

/** Interim responses before a final one: more is a flood. */
const MAX_INTERIM = 100;

const TOO_MANY_INTERIM = failed("http_protocol_error", "there are too many interim responses");
const TOO_LARGE_HEAD = failed("http_protocol_error", "the response's head is too large");

/** Makes the tcp engine's `forward`, and what closes its connections. */
export function createForward(options: ForwardOptions) {
  const { heads, timeouts } = options;
  const { firstByteTimeout } = timeouts;
  const routes = new Map<Backend, Route>();

  async function forward(request: TcpRequest, backend: Backend): Promise<Outcome<TcpResponse>> {
    const route = routeTo(backend);
    const { connections } = route;
    const idempotent = isIdempotent(request.method);
    const idle = connections.take(idempotent);
    await null; // what had come on it already speaks first: it was not meant for this request
    if (idle?.begin()) {
      const failure = await send(request, idle, route);
      if (failure === undefined) return answered(idle, connections);
      connections.discard(idle);
      if (!wasStale(request, idle, idempotent)) return failure;
      // It was closed while it idled, which says nothing of the backend: once more on a new one.
    }
    let opened = await connections.open(request.timeLeft);
    if (isOutOfDescriptors(opened) && dropOneIdle()) {
      await new Promise((resolve) => setTimeout(resolve, 0)); // only then is its descriptor free
      opened = await connections.open(request.timeLeft);
    }
    if ("kind" in opened) return request.ended ?? opened;
    const failure = request.ended ?? await send(request, opened, route);
    if (failure === undefined) return answered(opened, connections);
    connections.discard(opened);
    return opened.sent === 0 ? { ...failure, neverLeft: true } : failure;
  }

  async function send(
    request: TcpRequest,
    connection: BackendConnection,
    route: Route,
  ): Promise<Failed | undefined> {
    const { head, buffer } = connection;
    request.connection = connection;
    connection.setDeadline(firstByteTimeout, NO_FIRST_BYTE);
    try {
      const out = bufferFor(request, route);
      const bytes = out.subarray(0, putTogether(request, route, out));
      connection.sent = await connection.send(bytes);
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
            return head.status === 101 ? checkUpgrade(request, connection) : undefined;
          }
          if (++interim > MAX_INTERIM) return TOO_MANY_INTERIM;
          if (!await passInterim(request, connection)) return CLIENT_GONE;
          connection.dropHead();
          // Until the body is out it is the body that is waited for, not the answer.
          if (request.upload?.wasSentOn(connection) ?? true) {
            connection.setDeadline(firstByteTimeout, NO_FIRST_BYTE);
          }
        }
        if (connection.filled === buffer.length) return TOO_LARGE_HEAD;
      }
    } catch (error) {
      if (connection.closeReason !== undefined) return connection.closeReason;
      if (error instanceof Malformed) return failed("http_protocol_error", error.reason);
      return isBreak(error)
        ? failed("connection_terminated", (error as Error).message)
        : internalError(error);
    }
  }

  /** A buffer that head and body fit into, as far as they have come. */
  function bufferFor({ forwarded, head, end }: TcpRequest, { prefix, authority }: Route) {
    const length = forwarded.maxLength(prefix, authority) + end - head.end;
    return length <= heads.size ? heads.borrow() : new Uint8Array(length);
  }

  function routeTo(backend: Backend): Route {
    let route = routes.get(backend);
    if (route === undefined) {
      const { host, pathname } = new URL(backend.url);
      route = {
        connections: new ConnectionPool(parseAddress(backend.url), options),
        prefix: bytesOf(pathname === "/" ? "" : pathname),
        authority: host,
      };
      routes.set(backend, route);
    }
    return route;
  }

  /** Closes a connection that idles, to any backend. @returns whether there was one */
  function dropOneIdle(): boolean {
    return [...routes.values()].some(({ connections }) => connections.dropOneIdle());
  }

  function close(): void {
    for (const { connections } of routes.values()) connections.close();
  }

  return { forward, close };
}

function isOutOfDescriptors(opened: BackendConnection | Failed): boolean {
  return "kind" in opened && opened.failure === "connection_limit_reached";
}

function answered(
  connection: BackendConnection,
  connections: ConnectionPool,
): Outcome<TcpResponse> {
  const { status } = connection.head;
  return { kind: "answered", status, response: { connection, connections } };
}

/** What stays the same for all requests to one backend. */
interface Route {
  readonly connections: ConnectionPool;
  /** The path of its URL. */
  readonly prefix: Uint8Array<ArrayBuffer>;
  /** Host and port of its URL. */
  readonly authority: string;
}

/**
 * Whether a connection that had idled turned out to be dead, and the request may be sent again: either
 * no byte of it left, or it may be carried out twice and is still here as a whole.
 */
function wasStale(
  request: TcpRequest,
  connection: BackendConnection,
  idempotent: boolean,
): boolean {
  const byPeer = connection.closeReason === undefined;
  return byPeer && !connection.receivedAny && (connection.sent === 0 || idempotent) &&
    !request.bodySpent && request.ended === undefined;
}

/** @returns false where the client is gone, which is no backend's fault */
async function passInterim(request: TcpRequest, connection: BackendConnection): Promise<boolean> {
  try {
    await request.client.interim?.pass(connection);
  } catch (error) {
    if (!isBreak(error)) throw error;
    request.clientGone = true;
  }
  return !request.clientGone;
}

/** Puts head and body, as far as they have come, together in one buffer. @returns where they end */
function putTogether(
  { forwarded, bytes, head, end }: TcpRequest,
  { prefix, authority }: Route,
  out: Uint8Array<ArrayBuffer>,
): number {
  const length = forwarded.write(bytes, out, prefix, authority);
  return copy(bytes, head.end, end, out, length);
}

/** A backend changes protocols only where it was asked to, and has the whole request. */
function checkUpgrade(
  { upgrade, upload }: TcpRequest,
  connection: BackendConnection,
): Failed | undefined {
  if (upgrade === undefined) {
    return failed("http_protocol_error", "it changes protocols, and was not asked to");
  }
  if (connection.head.upgradeEnd === 0) {
    return failed("http_protocol_error", "it changes protocols, and does not say to which");
  }
  if (upload?.wasSentOn(connection) === false) {
    return failed("http_protocol_error", "it changes protocols before the end of the body");
  }
  return undefined;
}
