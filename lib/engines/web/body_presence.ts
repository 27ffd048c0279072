/** HTTP/2 may send a body without announcing it: whether there is one shows only once bytes arrive. */
import { Alarm } from "../../time/alarm.ts";
import type { Wheel } from "../../time/timer_wheel.ts";
import type { RequestBody } from "./request_body.ts";

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
  const late = Promise.withResolvers<undefined>();
  const alarm = new Alarm(() => late.resolve(undefined));
  wheel.set(alarm, timeout);
  try {
    return await Promise.race([body.isPresent(), late.promise]);
  } finally {
    wheel.remove(alarm);
  }
}
