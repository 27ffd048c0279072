/**
 * File descriptors: each connection takes one, each request in flight two, and a process may have only a
 * limited number.
 *
 * Reading the limit takes all permissions, so it is found by opening listeners on loopback, which are
 * closed at once.
 */
import { describeError } from "./connect_error.ts";
import { NO_DESCRIPTOR } from "./lack.ts";

/** With fewer descriptors left than this, the operator is warned at the start. */
const ENOUGH_DESCRIPTORS = 1000;

/** A loopback address that nothing else uses: a listener there gets no connections. */
const SPARE_LOOPBACK_ADDRESS = "127.0.0.2";

/** Whether a descriptor is left at this moment. */
export function hasDescriptorLeft(): boolean {
  return countDescriptorsLeft(1) > 0;
}

/** How many more descriptors can be opened, if they are few; undefined if they are enough, or unknown. */
export function lowLimit(): number | undefined {
  const left = countDescriptorsLeft(ENOUGH_DESCRIPTORS);
  return left === ENOUGH_DESCRIPTORS ? undefined : left;
}

/** How many can be opened. @param wanted stops counting there */
function countDescriptorsLeft(wanted: number): number {
  const opened: Deno.Listener[] = [];
  try {
    while (opened.length < wanted) {
      opened.push(Deno.listen({ hostname: SPARE_LOOPBACK_ADDRESS, port: 0, tcpBacklog: 1 }));
    }
  } catch (error) {
    if (!NO_DESCRIPTOR.test(describeError(error))) return wanted; // no such address, for example: unknown
  } finally {
    for (const listener of opened) listener.close();
  }
  return opened.length;
}
