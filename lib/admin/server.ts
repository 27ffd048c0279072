/**
 * The admin port: health checks, the state of the balancer, and changes by its operator.
 *
 * `GET /livez` is 503 only if nothing but a restart would help, and not for backends that are down.
 * `GET /readyz` is 503 while the balancer drains or has no usable backend, so that whatever balances over
 * several balancers leaves this one out. docs/admin.md has the rest.
 *
 * Deno.serve has no timeout for heads and no limit of connections, and node:http stops accepting, without
 * a word, once there was no file descriptor left. So this is a server of its own: one small request per
 * connection, which is closed after a few seconds whatever its client does.
 */
import { delay } from "@std/async/delay";
import { STATUS_CODE } from "@std/http/status";
import { localReplyBytes } from "../engines/tcp/http1/local_reply_bytes.ts";
import { Malformed } from "../engines/tcp/http1/malformed.ts";
import type { LocalReply } from "../http/local_reply.ts";
import { plainMessage } from "../net/plain_message.ts";
import { isLoopback } from "../net/is_loopback.ts";
import { type Change, decide, type Sources } from "./answer.ts";
import { Arrival } from "./arrival.ts";
import { Connections, MAX_WAITING } from "./connections.ts";
import type { AdminHandshakes, AdminTls } from "./handshakes.ts";
import type { Connection } from "../net/connection.ts";
import { writeAll } from "../net/write_all.ts";
import type { Control } from "./control.ts";
import type { Health } from "./health.ts";
import { discard, type Received, receiveRequest } from "./receive.ts";
import { errorReply } from "./replies.ts";
import type { Answer } from "./routes.ts";
import { TokenCheck, type Tokens } from "./tokens.ts";

export interface AdminOptions extends Health {
  /** Where its clients come in; closed at the end. */
  readonly listener: Deno.TcpListener | Deno.UnixListener;
  /** admin.host. */
  readonly hostname: string;
  /** Removes the file of a unix socket. */
  readonly removeSocket?: (() => void) | undefined;
  /** Undefined if it speaks HTTP without TLS. */
  readonly tls?: AdminTls | undefined;
  readonly control: Control;
  /** Asked for each request: a reload may change them. */
  readonly tokens: () => Tokens;
  /** How long a connection may wait for its client, in milliseconds; by default {@linkcode LIFETIME_MS}. */
  readonly lifetime?: number;
  /** Called with errors that are a fault of this program. */
  readonly onError: (error: unknown) => void;
  /** Called each time that no connection can be accepted. */
  readonly onWarning: (warning: string) => void;
}

/** A running admin port. */
export interface Admin {
  /** Listens no longer, so that another one can; what has come in is answered. */
  release(): void;
  /** Stops it; what it has begun to send is cut off. */
  shutdown(): void;
}

interface Answered {
  readonly reply: LocalReply;
  readonly isHead: boolean;
  /** Called once the reply is sent. */
  readonly afterwards?: () => void;
}

const LIFETIME_MS = 5_000;

/** How long to wait after accepting failed, in milliseconds. */
const PAUSE_MS = 100;

/** Who comes through a unix socket: by the mode of its file, or because programs of this machine alone see it. */
const SOCKET_CLIENT = "unix";
const SOCKET_HOST = "localhost";

/** Starts the admin port. */
export function serveAdmin(options: AdminOptions): Admin {
  const { listener, hostname, removeSocket, tls, onError, onWarning } = options;
  const { lifetime = LIFETIME_MS } = options;
  const { addr } = listener;
  const isSocket = !("hostname" in addr);
  const isOnLoopback = isSocket || isLoopback(addr.hostname);
  const sources: Sources = {
    health: options,
    control: options.control,
    wallClock: Date.now,
    tokens: new TokenCheck(options.tokens, isOnLoopback),
    ownHost: isSocket ? SOCKET_HOST : isOnLoopback ? hostname : undefined,
    scheme: tls === undefined ? "http" : "https",
  };
  const connections = new Connections(lifetime);
  let handshakes: Promise<AdminHandshakes> | undefined;
  let stopped = false;

  async function accept(): Promise<void> {
    while (!stopped) {
      try {
        const connection = await listener.accept();
        const arrived = new Arrival(connection);
        connections.add(arrived);
        serve(arrived, connection);
      } catch (error) {
        if (stopped) return;
        onWarning(`the admin port cannot accept connections: ${plainMessage(error)}`);
        await delay(PAUSE_MS);
      }
    }
  }

  async function serve(
    arrived: Arrival,
    accepted: Deno.TcpConn | Deno.UnixConn,
  ): Promise<void> {
    let connection: Connection | undefined;
    try {
      // TLS sends several pieces, and each would wait for the one before to be acknowledged.
      if ("setNoDelay" in accepted) accepted.setNoDelay(true);
      const { remoteAddr } = accepted;
      const client = "hostname" in remoteAddr ? remoteAddr.hostname : SOCKET_CLIENT;
      connection = tls === undefined ? arrived : await (await secured(tls)).secure(arrived);
      if (connection === undefined) return;
      const answered = await answer(arrived, connection, client);
      if (answered === undefined) return;
      await writeAll(connection, localReplyBytes(answered.reply, "close", answered.isHead));
      await connection.closeWrite();
      answered.afterwards?.();
      await discard(connection); // closing with unread bytes resets the connection (RFC 9112, 9.6)
    } catch (error) {
      if (!isOfConnection(error)) onError(error);
    } finally {
      connection?.close();
      connections.close(arrived);
    }
  }

  function secured(tls: AdminTls): Promise<AdminHandshakes> {
    return handshakes ??= import("./handshakes.ts").then(({ AdminHandshakes }) =>
      new AdminHandshakes(tls, lifetime, MAX_WAITING)
    );
  }

  /** @returns undefined if the client leaves before its request is complete */
  async function answer(
    arrived: Arrival,
    connection: Connection,
    client: string,
  ): Promise<Answered | undefined> {
    let received: Received | undefined;
    try {
      received = await receiveRequest(connection);
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      return { reply: errorReply(error.status, error.reason), isHead: false };
    }
    if (received === undefined) return undefined;
    const { request, readBody } = received;
    const decided = await orFault(() => decide(request, client, performance.now(), sources));
    const answer = "act" in decided ? await carryOut(decided, arrived, readBody) : decided;
    if (answer === undefined) return undefined;
    const isHead = request.method === "HEAD";
    return "reply" in answer ? { ...answer, isHead } : { reply: answer, isHead };
  }

  async function carryOut(
    { act }: Change,
    arrived: Arrival,
    readBody: Received["readBody"],
  ): Promise<Answer | undefined> {
    const body = await readBody();
    if (body === undefined) return undefined;
    if (!connections.canAct) {
      const error = "too many changes are being made: try again";
      return errorReply(STATUS_CODE.ServiceUnavailable, error, [["retry-after", "1"]]);
    }
    return await connections.whileActing(arrived, () => orFault(() => act(body)));
  }

  /** What a function returns; if it fails, the reply that says so. */
  async function orFault<Result>(
    decide: () => Result | Promise<Result>,
  ): Promise<Result | LocalReply> {
    try {
      return await decide();
    } catch (error) {
      onError(error);
      return errorReply(STATUS_CODE.InternalServerError, "the balancer failed: see its log");
    }
  }

  function release(): void {
    if (stopped) return;
    stopped = true;
    listener.close();
    removeSocket?.();
  }

  accept();
  return {
    release,
    shutdown() {
      release();
      connections.closeAll();
    },
  };
}

/** Whether an error only says that a client is gone, or took too long; others are faults. */
function isOfConnection(error: unknown): boolean {
  const kinds = Object.values(Deno.errors);
  return error instanceof Error && ("code" in error || kinds.some((kind) => error instanceof kind));
}
