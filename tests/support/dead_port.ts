/** Ports that programs are started at, and ports that nothing listens on. */

/** Below the ports that systems hand out for port 0 and for outgoing connections, above the well-known. */
const FIRST = 10_240;
const COUNT = 20_000;

/** Holds the last port that was given: tests run at the same time in several threads and processes. */
const LAST_FILE = `${Deno.env.get("TMPDIR") ?? "/tmp"}/roundabout-tests-${Deno.uid()}.port`;

/**
 * A port on loopback that nothing listens on. No other test gets it before all others were given, and no
 * listener on port 0 and no outgoing connection can take it, so a program may be started there. To look
 * whether it is free would not be enough: two programs that start at the same time with `reusePort` would
 * share it silently.
 */
export function deadPort(): number {
  while (true) {
    const port = nextPort();
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}

function nextPort(): number {
  using file = Deno.openSync(LAST_FILE, { read: true, write: true, create: true });
  file.lockSync(true); // until it is closed
  const bytes = new Uint8Array(8);
  const last = Number(new TextDecoder().decode(bytes.subarray(0, file.readSync(bytes) ?? 0)));
  const port = last >= FIRST && last < FIRST + COUNT - 1 ? last + 1 : FIRST;
  file.truncateSync();
  file.seekSync(0, Deno.SeekMode.Start);
  file.writeSync(new TextEncoder().encode(String(port)));
  return port;
}
