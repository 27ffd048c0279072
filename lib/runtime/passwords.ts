/** Checks passwords in a thread of its own, so that no request waits for another one's password. */
import type { Verification } from "../routing/basic_auth.ts";

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

export class Passwords {
  readonly #onFault: (error: unknown) => void;
  readonly #waiting = new Map<number, (verification: Verification) => void>();
  #number = 0;
  #worker: Worker | undefined;
  /** Whether no route asks for passwords any more, but for requests that have begun. */
  #isEnding = false;

  /**
   * Starts the thread: the first password should not wait for that.
   *
   * @param onFault called with errors of the thread; what waits for it is turned away
   */
  constructor(onFault: (error: unknown) => void) {
    this.#onFault = onFault;
    this.#worker = this.#start();
  }

  /** Checks a password against a hash by bcrypt. */
  verify(password: string, hash: string): Promise<Verification> {
    if (this.#waiting.size >= MAX_WAITING) return Promise.resolve("busy");
    this.#worker ??= this.#start();
    const question: PasswordQuestion = { number: this.#number++, password, hash };
    this.#worker.postMessage(question);
    return new Promise((resolve) => this.#waiting.set(question.number, resolve));
  }

  /** Ends the thread once it has answered; a further password starts another one. */
  end(): void {
    this.#isEnding = true;
    this.#endIfIdle();
  }

  #endIfIdle(): void {
    if (!this.#isEnding || this.#waiting.size > 0) return;
    this.#worker?.terminate();
    this.#worker = undefined;
  }

  #start(): Worker {
    const started = new Worker(new URL("./password_worker.ts", import.meta.url), {
      type: "module",
      name: "passwords",
    });
    started.onmessage = ({ data }: MessageEvent<PasswordAnswer>) => {
      this.#waiting.get(data.number)?.(data.isRight ? "right" : "wrong");
      this.#waiting.delete(data.number);
      this.#endIfIdle();
    };
    started.onerror = (event) => {
      event.preventDefault(); // otherwise it ends the whole program
      started.terminate();
      this.#worker = undefined; // the next password starts another one
      this.#onFault(new Error(`passwords cannot be checked: ${event.message}`));
      this.#turnAway();
    };
    return started;
  }

  #turnAway(): void {
    for (const answer of this.#waiting.values()) answer("busy");
    this.#waiting.clear();
  }
}
