/** Whether a body comes that nobody announced, as HTTP/2 allows: the wait for its first bytes. */
import { Timed, type Wheel } from "../../time/timer_wheel.ts";
import type { RequestBody } from "./request_body.ts";

class Arrival extends Timed {
  readonly late = Promise.withResolvers<undefined>();

  override expire(): void {
    this.late.resolve(undefined);
  }
}

/**
 * Waits until the first bytes have come, or the end.
 *
 * @param timeout in milliseconds
 * @returns whether there is a body; undefined where neither came in time
 */
export async function arrives(
  body: RequestBody,
  wheel: Wheel,
  timeout: number,
): Promise<boolean | undefined> {
  const arrival = new Arrival();
  wheel.set(arrival, timeout);
  try {
    return await Promise.race([body.isPresent(), arrival.late.promise]);
  } finally {
    wheel.remove(arrival);
  }
}
