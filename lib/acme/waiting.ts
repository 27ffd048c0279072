/** Pauses and time limits on the wheel. */
import { Alarm } from "../time/alarm.ts";
import type { Wheel } from "../time/timer_wheel.ts";

/** @throws the signal's reason if it is aborted before */
export async function pause(
  wheel: Wheel,
  milliseconds: number,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const alarm = new Alarm(resolve);
  const stop = () => reject(signal.reason);
  signal.addEventListener("abort", stop);
  wheel.set(alarm, milliseconds);
  try {
    await promise;
  } finally {
    wheel.remove(alarm);
    signal.removeEventListener("abort", stop);
  }
}

/** Is aborted when time is up, unless it is disposed of before. */
export class TimeLimit implements Disposable {
  readonly #wheel: Wheel;
  readonly #alarm: Alarm;
  readonly signal: AbortSignal;

  constructor(wheel: Wheel, milliseconds: number) {
    const controller = new AbortController();
    this.#wheel = wheel;
    this.#alarm = new Alarm(() => controller.abort(new DOMException("time is up", "TimeoutError")));
    this.signal = controller.signal;
    wheel.set(this.#alarm, milliseconds);
  }

  [Symbol.dispose](): void {
    this.#wheel.remove(this.#alarm);
  }
}
