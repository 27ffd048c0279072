/** Probes of backends over TLS whose pool says how: fetch can ask for no other name than the URL's. */
import { type Failed, failed } from "../outcome.ts";
import { failedConnect } from "../net/connect_error.ts";
import type { Connection } from "../net/connection.ts";
import { hasDescriptorLeft } from "../net/descriptors.ts";
import { addressOf, dialUntil } from "../net/dial.ts";
import { plainMessage } from "../net/plain_message.ts";
import type { TlsOptions } from "../net/tls/tls_options.ts";

export interface TlsProbe {
  /** With the path of the probe. */
  readonly url: string;
  readonly tls: TlsOptions;
  /** The Host of the request. */
  readonly host: string;
}

/** What is received before the status is known, at most: interim responses may come first. In bytes. */
const MAX_BYTES = 16 * 1024;

/** The status line of the final response, and whatever stands before it. */
const FINAL = /^(?:HTTP\/1\.\d 1\d\d[^\n]*\n(?:[^\n]+\n)*?\r?\n)*HTTP\/1\.\d ([2-9]\d\d)[ \r\n]/;

/**
 * Asks a backend once, on a new connection.
 *
 * @param signal gives it up: what is returned then says nothing of the backend
 * @returns the status; why there is none
 */
export async function probeOverTls(
  { url, tls, host }: TlsProbe,
  signal: AbortSignal,
): Promise<number | Failed> {
  const connection = await dialUntil(addressOf({ url, tls }), signal);
  if ("kind" in connection) return connection;
  const giveUp = () => connection.close();
  signal.addEventListener("abort", giveUp);
  try {
    if (signal.aborted) return failed("connection_terminated", "the probe was given up");
    const { pathname, search } = new URL(url);
    await writeAll(
      connection,
      `GET ${pathname}${search} HTTP/1.1\r\nhost: ${host}\r\nuser-agent: roundabout\r\n` +
        "accept: */*\r\nconnection: close\r\n\r\n",
    );
    return await readStatus(connection);
  } catch (error) {
    const { failure } = failedConnect(error, hasDescriptorLeft);
    const isOurs = failure === "connection_limit_reached";
    return failed(isOurs ? failure : "connection_terminated", plainMessage(error));
  } finally {
    signal.removeEventListener("abort", giveUp);
    connection.close();
  }
}

async function writeAll(connection: Connection, text: string): Promise<void> {
  let bytes = new TextEncoder().encode(text);
  while (bytes.length > 0) bytes = bytes.subarray(await connection.write(bytes));
}

async function readStatus(connection: Connection): Promise<number | Failed> {
  const buffer = new Uint8Array(MAX_BYTES);
  const decoder = new TextDecoder("latin1");
  for (let filled = 0; filled < buffer.length;) {
    const size = await connection.read(buffer.subarray(filled));
    if (size === null) {
      return failed("connection_terminated", "it closed the connection before it answered");
    }
    filled += size;
    const text = decoder.decode(buffer.subarray(0, filled));
    const [, status] = FINAL.exec(text) ?? [];
    if (status !== undefined) return Number(status);
    if (!/^(?:H|HT|HTT|HTTP|HTTP\/.*)$/s.test(text)) break;
  }
  return failed("http_protocol_error", "its answer is not valid HTTP");
}
