/**
 * Accepts connections while there is room for them.
 *
 * At MAX_CONNECTIONS, or if the system has no file descriptor left (EMFILE), the connection that has been
 * idle longest is closed for a new one. If none has been idle for long, accepting pauses, and new
 * connections wait in the system's queue. Everything else goes on.
 */
import { deadline } from "@std/async/deadline";
import { plainMessage } from "../../../net/plain_message.ts";
import { ignoreTimeout } from "../../../time/ignore_timeout.ts";

export interface AcceptOptions {
  readonly hasRoom: () => boolean;
  /** Closes an idle connection, if there is one. */
  readonly makeRoom: () => void;
  readonly onConnection: (connection: Deno.TcpConn) => void;
  /** Called each time that accepting fails or must wait. */
  readonly onWarning: (warning: string) => void;
}

export interface Accepting {
  /** Settles when no more connections are accepted. */
  readonly finished: Promise<void>;
  /** Ends a pause, as there may be room again. */
  resume(): void;
  stop(): void;
}

/** How long accepting pauses if there is no room, in milliseconds. */
const PAUSE_MS = 100;

/** Accepts until it is stopped. */
export function acceptFrom(listener: Deno.TcpListener, options: AcceptOptions): Accepting {
  const { hasRoom, makeRoom, onConnection, onWarning } = options;
  let stopped = false;
  let resume: (() => void) | undefined;

  async function accept(): Promise<void> {
    while (!stopped) {
      try {
        const connection = await listener.accept();
        while (!hasRoom() && !stopped) {
          onWarning(
            "the limit of client connections is reached: idle ones are closed for new ones, or new ones wait",
          );
          makeRoom();
          if (!hasRoom()) await pause();
        }
        if (stopped) connection.close();
        else onConnection(connection);
      } catch (error) {
        if (stopped) return;
        if (isGone(error)) continue;
        onWarning(`cannot accept connections for now: ${plainMessage(error)}`);
        makeRoom();
        await pause();
      }
    }
  }

  /** Resolves when there may be room again, at the latest after a pause. */
  async function pause(): Promise<void> {
    const resumed = Promise.withResolvers<void>();
    resume = resumed.resolve;
    await deadline(resumed.promise, PAUSE_MS).catch(ignoreTimeout);
    resume = undefined;
  }

  return {
    finished: accept(),
    resume: () => resume?.(),
    stop() {
      if (stopped) return;
      stopped = true;
      listener.close();
      resume?.();
    },
  };
}

/** Whether the client left before it was accepted, which is no reason to pause. */
function isGone(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionAborted ||
    error instanceof Deno.errors.ConnectionReset;
}
