/**
 * File descriptors: each connection takes one, so each request in flight takes two, and a process may
 * have only so many.
 *
 * The limit itself stands where only a program with all permissions may look, so it is felt for: by
 * opening, and closing at once, listeners on loopback.
 */

/** Fewer than so many are told at the start. */
const ENOUGH_DESCRIPTORS = 1000;

/** An address of loopback that nobody connects to: what listens there for a moment is in nobody's way. */
const SPARE_LOOPBACK_ADDRESS = "127.0.0.2";

/** Whether an error says that this process, or the system, has no descriptor left. */
export function isOutOfDescriptors(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "EMFILE" || code === "ENFILE";
}

/** Whether there is a descriptor left at this moment. */
export function hasDescriptorLeft(): boolean {
  return descriptorsLeft(1) > 0;
}

/** How many more can be opened, where that is few; undefined where it is enough, or cannot be told. */
export function lowLimit(): number | undefined {
  const left = descriptorsLeft(ENOUGH_DESCRIPTORS);
  return left === ENOUGH_DESCRIPTORS ? undefined : left;
}

/** @returns how many can be opened, looking for no more than so many */
function descriptorsLeft(wanted: number): number {
  const opened: Deno.Listener[] = [];
  try {
    while (opened.length < wanted) {
      opened.push(Deno.listen({ hostname: SPARE_LOOPBACK_ADDRESS, port: 0, tcpBacklog: 1 }));
    }
  } catch (error) {
    if (!isOutOfDescriptors(error)) return wanted; // no such address, say: nothing can be told
  } finally {
    for (const listener of opened) listener.close();
  }
  return opened.length;
}
