/**
 * Accepts connections while there is room for them.
 *
 * At limits.connections, or if the system has no file descriptor or no memory left for another socket, the
 * connection that has been idle longest is closed for a new one. If none has been idle for long, accepting
 * pauses, and new connections wait in the system's queue. Everything else goes on.
 */
import { deadline } from "@std/async/deadline";
import { delay } from "@std/async/delay";
import { classifyAcceptError } from "../../../net/accept_error.ts";
import { plainMessage } from "../../../net/plain_message.ts";
import { ignoreTimeout } from "../../../time/ignore_timeout.ts";
import { untilQuiet } from "../../shared/drain.ts";

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
  /** Accepts what waits in the system's queue, and then no more. */
  stop(): Promise<void>;
}

/** How long accepting pauses if there is no room, in milliseconds. */
const PAUSE_MS = 100;

/** How long it pauses after an error that is not known, which may come back at once, in milliseconds. */
const UNKNOWN_PAUSE_MS = 10;

/** How long connections that wait in the system's queue are accepted after the end, in milliseconds. */
const EMPTY_WITHIN_MS = 200;

/** Accepts until it is stopped. */
export function acceptFrom(listener: Deno.TcpListener, options: AcceptOptions): Accepting {
  const { hasRoom, makeRoom, onConnection, onWarning } = options;
  let accepted = 0;
  let stopped = false;
  let resume: (() => void) | undefined;

  async function accept(): Promise<void> {
    while (!stopped) {
      try {
        const connection = await listener.accept();
        accepted++;
        await waitForRoom();
        hand(connection);
      } catch (error) {
        if (!stopped) await recover(error);
      }
    }
  }

  function hand(connection: Deno.TcpConn): void {
    try {
      onConnection(connection);
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  async function waitForRoom(): Promise<void> {
    while (!hasRoom() && !stopped) {
      onWarning(
        "the limit of client connections is reached: idle ones are closed for new ones, or new ones wait",
      );
      makeRoom();
      if (!hasRoom()) await pause();
    }
  }

  async function recover(error: unknown): Promise<void> {
    const kind = classifyAcceptError(error);
    if (kind === "client gone") return;
    onWarning(`cannot accept connections for now: ${plainMessage(error)}`);
    if (kind === "unknown") return await delay(UNKNOWN_PAUSE_MS);
    makeRoom();
    await pause();
  }

  /** Resolves when there may be room again, at the latest after a pause. */
  async function pause(): Promise<void> {
    const resumed = Promise.withResolvers<void>();
    resume = resumed.resolve;
    await deadline(resumed.promise, PAUSE_MS).catch(ignoreTimeout);
    resume = undefined;
  }

  const finished = accept();
  return {
    finished,
    resume: () => resume?.(),
    async stop() {
      await untilQuiet(() => accepted, 0, performance.now() + EMPTY_WITHIN_MS);
      if (!stopped) {
        stopped = true;
        listener.close(); // what waits in the queue is reset
        resume?.();
      }
      await finished;
    },
  };
}
