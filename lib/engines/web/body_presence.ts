/** HTTP/2 may send a body without announcing it: whether there is one shows only once bytes arrive. */
import { Timed, type Wheel } from "../../time/timer_wheel.ts";
import type { RequestBody } from "./request_body.ts";

class Arrival extends Timed {
  readonly late = Promise.withResolvers<undefined>();

  override expire(): void {
    this.late.resolve(undefined);
  }
}

/**
 * Waits for the first bytes of a body, or for its end.
 *
 * @param timeout in milliseconds
 * @returns whether there is a body; undefined if neither bytes nor the end arrived in time
 */
export async function waitForBody(
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
