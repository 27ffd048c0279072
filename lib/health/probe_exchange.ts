/** A probe over a connection that was opened for it, where fetch cannot open one. */

export interface ProbeRequest {
  /** Path and query. */
  readonly target: string;
  readonly host: string;
}

/** What is received of a response: its status is in its first line. */
const MAX_BYTES = 16 * 1024;

/**
 * Sends the request, and receives until the final status is known. Then, or once the signal is aborted, the
 * connection is closed.
 *
 * @returns the status
 * @throws if the connection breaks, or what comes is no HTTP response
 */
export async function askOver(
  connection: Deno.Conn,
  { target, host }: ProbeRequest,
  signal: AbortSignal,
): Promise<number> {
  const stop = () => connection.close();
  signal.addEventListener("abort", stop);
  try {
    const head = `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: roundabout\r\n` +
      "Connection: close\r\n\r\n";
    await writeAll(connection, new TextEncoder().encode(head));
    return await receiveStatus(connection);
  } finally {
    signal.removeEventListener("abort", stop);
    if (!signal.aborted) connection.close();
  }
}

async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

async function receiveStatus(connection: Deno.Conn): Promise<number> {
  const buffer = new Uint8Array(MAX_BYTES);
  for (let filled = 0; filled < buffer.length;) {
    const size = await connection.read(buffer.subarray(filled));
    if (size === null) throw new Error("connection closed before message completed");
    filled += size;
    const status = statusOf(String.fromCharCode(...buffer.subarray(0, filled)));
    if (status !== undefined) return status;
  }
  throw new Error("the head of its response is too long");
}

/** The first status that is not an interim one; undefined if it has not arrived. */
function statusOf(text: string): number | undefined {
  const line = /^HTTP\/1\.[01] (\d{3})[ \r\n]/.exec(text);
  if (line === null) {
    if (text.length > "HTTP/1.1 200 ".length) throw new Error("it does not speak HTTP/1.1");
    return undefined;
  }
  const status = Number(line[1]);
  if (status >= 200) return status;
  const end = text.indexOf("\r\n\r\n");
  return end === -1 ? undefined : statusOf(text.slice(end + "\r\n\r\n".length));
}
