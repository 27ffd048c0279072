/**
 * The admin port: health checks of the balancer itself.
 *
 * `GET /livez` is 503 only if nothing but a restart would help, and not for backends that are down.
 * `GET /readyz` is 503 while the balancer drains or has no usable backend, so that whatever balances over
 * several balancers leaves this one out.
 *
 * Deno.serve has no timeout for heads and no limit of connections, and node:http stops accepting, without
 * a word, once there was no file descriptor left. So this is a server of its own: one small request per
 * connection, which is closed after a few seconds whatever its client does.
 */
import { delay } from "@std/async/delay";
import { textOf } from "../engines/tcp/http1/bytes.ts";
import { localReplyBytes } from "../engines/tcp/http1/local_reply_bytes.ts";
import { internalErrorReply, type LocalReply } from "../http/local_reply.ts";
import { plainMessage } from "../net/plain_message.ts";
import { isLoopback } from "../net/is_loopback.ts";
import { answer, type Health } from "./answer.ts";

export interface AdminOptions extends Health {
  readonly hostname: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** How long a connection may last, in milliseconds; by default {@linkcode LIFETIME_MS}. */
  readonly lifetime?: number;
  /** Called with errors that are a fault of this program. */
  readonly onError: (error: unknown) => void;
  /** Called each time that no connection can be accepted. */
  readonly onWarning: (warning: string) => void;
}

/** A running admin port. */
export interface Admin {
  readonly address: Deno.NetAddr;
  /** Stops it; what it has begun to send is cut off. */
  shutdown(): void;
}

const LIFETIME_MS = 5_000;

/** For one more, the oldest is closed: whatever occupies them, the next health check is answered. */
const MAX_CONNECTIONS = 100;

const MAX_HEAD_BYTES = 8 * 1024;

/** How long to wait after accepting failed, in milliseconds. */
const PAUSE_MS = 100;

/** Starts the admin port. @throws if the address cannot be listened on */
export function serveAdmin(options: AdminOptions): Admin {
  const { hostname, port, lifetime = LIFETIME_MS, onError, onWarning } = options;
  const listener = Deno.listen({ hostname, port });
  const address = listener.addr as Deno.NetAddr;
  const ownHost = isLoopback(address.hostname) ? hostname : undefined;
  /** The oldest comes first. */
  const connections = new Set<Deno.Conn>();
  let stopped = false;

  async function accept(): Promise<void> {
    while (!stopped) {
      try {
        const connection = await listener.accept();
        if (connections.size === MAX_CONNECTIONS) close(connections.values().next().value!);
        connections.add(connection);
        serve(connection);
      } catch (error) {
        if (stopped) return;
        onWarning(`the admin port cannot accept connections: ${plainMessage(error)}`);
        await delay(PAUSE_MS);
      }
    }
  }

  async function serve(connection: Deno.Conn): Promise<void> {
    const timer = setTimeout(() => close(connection), lifetime);
    try {
      const head = await receiveHead(connection);
      if (head === undefined) return;
      const bytes = localReplyBytes(reply(head), "close", head.startsWith("HEAD "));
      for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
      await connection.closeWrite();
      await discard(connection); // closing with unread bytes resets the connection (RFC 9112, 9.6)
    } catch {
      // Its client is gone, or took too long.
    } finally {
      clearTimeout(timer);
      close(connection);
    }
  }

  function reply(head: string): LocalReply {
    try {
      return answer(head, ownHost, options);
    } catch (error) {
      onError(error);
      return internalErrorReply();
    }
  }

  function close(connection: Deno.Conn): void {
    if (connections.delete(connection)) connection.close();
  }

  accept();
  return {
    address,
    shutdown() {
      stopped = true;
      listener.close();
      for (const connection of connections) close(connection);
    },
  };
}

/** @returns undefined if it does not arrive, or is too large */
async function receiveHead(connection: Deno.Conn): Promise<string | undefined> {
  const bytes = new Uint8Array(MAX_HEAD_BYTES);
  for (let filled = 0; filled < bytes.length;) {
    const size = await connection.read(bytes.subarray(filled));
    if (size === null) return undefined;
    filled += size;
    const text = textOf(bytes, 0, filled);
    const end = /\r?\n\r?\n/.exec(text);
    if (end !== null) return text.slice(0, end.index + end[0].length);
  }
  return undefined;
}

async function discard(connection: Deno.Conn): Promise<void> {
  const bytes = new Uint8Array(MAX_HEAD_BYTES);
  while (await connection.read(bytes) !== null);
}
