/**
 * Accepts connections, as long as there is room for them.
 *
 * Beyond the cap of MAX_CONNECTIONS, or where the system has no file descriptor left (EMFILE), the
 * connection that has idled longest gives way to a newcomer; where none has for long, accepting pauses
 * and newcomers wait in the system's queue. Nothing else stops.
 */
export interface AcceptOptions {
  readonly hasRoom: () => boolean;
  /** Closes a connection that does nothing, if there is one. */
  readonly makeRoom: () => void;
  readonly onConnection: (connection: Deno.TcpConn) => void;
  /** Told of trouble as often as it is met. */
  readonly onWarning: (warning: string) => void;
}

export interface Accepting {
  /** Settles when no more connections are accepted. */
  readonly finished: Promise<void>;
  /** Tells that there may be room again. */
  resume(): void;
  stop(): void;
}

/** How long accepting rests where there is no room, in milliseconds. */
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
          onWarning("as many clients are connected as may be: idle ones give way, others wait");
          makeRoom();
          if (!hasRoom()) await rest();
        }
        if (stopped) connection.close();
        else onConnection(connection);
      } catch (error) {
        if (stopped) return;
        if (isGone(error)) continue;
        onWarning(`cannot accept connections for now: ${(error as Error).message}`);
        makeRoom();
        await rest();
      }
    }
  }

  /** Resolves when there may be room again, or when it is time to look anyway. */
  async function rest(): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((resolve) => {
      resume = resolve;
      timer = setTimeout(resolve, PAUSE_MS);
    });
    clearTimeout(timer);
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

/** The client left before it was accepted: its business, and no reason to rest. */
function isGone(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionAborted ||
    error instanceof Deno.errors.ConnectionReset;
}
