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
import type { SocketConnection, SocketListener } from "../../../net/sockets.ts";
import { ignoreTimeout } from "../../../time/ignore_timeout.ts";
import { runFor } from "../../shared/drain.ts";

export interface AcceptOptions {
  readonly hasRoom: () => boolean;
  /** Closes an idle connection, if there is one. */
  readonly makeRoom: () => void;
  readonly onConnection: (connection: SocketConnection) => void;
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

/** How many connections that wait in the system's queue are accepted at the end: more cannot wait. */
const MAX_LAST = 4_096;

/** How long no connection may arrive to stop without having seen a last one, in milliseconds. */
const QUIET_MS = 50;

/** Within so many microtasks a connection that waits already is there: two, and one to be sure. */
const MICROTASKS = 3;

/** Accepts until it is stopped. */
export function acceptFrom(listener: SocketListener, options: AcceptOptions): Accepting {
  const { hasRoom, makeRoom, onConnection, onWarning } = options;
  let isEnding = false;
  /** Whether a connection has come since then. */
  let hasLast = false;
  let stopped = false;
  let resume: (() => void) | undefined;

  async function accept(): Promise<void> {
    while (!stopped) {
      try {
        const connection = await listener.accept();
        if (isEnding) return await acceptLast(connection);
        await waitForRoom();
        hand(connection);
      } catch (error) {
        if (!stopped) await recover(error);
      }
    }
  }

  /**
   * The system resets what arrives between the last look at its queue and the end, so nothing else may happen
   * between them: not even what the other connections of this turn wait for, nor what these need.
   */
  async function acceptLast(first: SocketConnection): Promise<void> {
    hasLast = true;
    const last: SocketConnection[] = [first];
    await delay(0);
    while (last.length < MAX_LAST) {
      const accepting = listener.accept();
      if (!await isThere(accepting)) {
        close();
        await accepting.catch(() => {}); // that it is closed
        break;
      }
      try {
        last.push(await accepting);
      } catch (error) {
        if (classifyAcceptError(error) !== "client gone") {
          warn(error);
          break;
        }
      }
    }
    close();
    for (const connection of last) {
      try {
        hand(connection);
      } catch (error) {
        warn(error);
      }
    }
  }

  function warn(error: unknown): void {
    onWarning(`cannot accept connections for now: ${plainMessage(error)}`);
  }

  function close(): void {
    if (stopped) return;
    stopped = true;
    listener.close(); // what waits in the queue is reset
    resume?.();
  }

  function hand(connection: SocketConnection): void {
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
    warn(error);
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
      isEnding = true;
      await runFor(QUIET_MS, Infinity);
      if (!hasLast) close();
      await finished;
    },
  };
}

/**
 * Whether a connection was waiting. An accept that follows another one asks the system before it returns: only
 * if nothing waits there is it left for later.
 */
async function isThere(accepting: Promise<unknown>): Promise<boolean> {
  let isSettled = false;
  const settle = () => void (isSettled = true);
  accepting.then(settle, settle);
  for (let count = 0; count < MICROTASKS && !isSettled; count++) await undefined;
  return isSettled;
}
