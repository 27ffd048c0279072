/** Checks passwords in a thread of its own, so that no request waits for another one's password. */
import type { Verification, Verify } from "../routing/basic_auth.ts";

/** To the thread that checks. */
export interface PasswordQuestion {
  readonly number: number;
  readonly password: string;
  /** By bcrypt. */
  readonly hash: string;
}

export interface PasswordAnswer {
  readonly number: number;
  readonly isRight: boolean;
}

/** Passwords that may wait: at 50 ms each, the last one waits for three seconds. */
const MAX_WAITING = 64;

/**
 * Starts the thread: the first password should not wait for that.
 *
 * @param onFault called with errors of the thread; what waits for it is turned away
 */
export function startPasswords(onFault: (error: unknown) => void): Verify {
  const waiting = new Map<number, (verification: Verification) => void>();
  let number = 0;
  let worker: Worker | undefined = start();

  function start(): Worker {
    const started = new Worker(new URL("./password_worker.ts", import.meta.url), {
      type: "module",
      name: "passwords",
    });
    started.onmessage = ({ data }: MessageEvent<PasswordAnswer>) => {
      waiting.get(data.number)?.(data.isRight ? "right" : "wrong");
      waiting.delete(data.number);
    };
    started.onerror = (event) => {
      event.preventDefault(); // otherwise it ends the whole program
      started.terminate();
      worker = undefined; // the next password starts another one
      onFault(new Error(`passwords cannot be checked: ${event.message}`));
      for (const answer of waiting.values()) answer("busy");
      waiting.clear();
    };
    return started;
  }

  return (password, hash) => {
    if (waiting.size >= MAX_WAITING) return Promise.resolve("busy");
    worker ??= start();
    const question: PasswordQuestion = { number: number++, password, hash };
    worker.postMessage(question);
    return new Promise((resolve) => waiting.set(question.number, resolve));
  };
}
