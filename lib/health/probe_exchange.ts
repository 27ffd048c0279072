/** A probe over a connection of its own, where fetch cannot open one. */
import { failedConnect } from "../net/connect_error.ts";
import type { Connection } from "../net/connection.ts";
import { hasDescriptorLeft } from "../net/descriptors.ts";
import { type Address, dialUntil } from "../net/dial.ts";
import { plainMessage } from "../net/plain_message.ts";
import { type ProxyVersion, writeProxyHeader } from "../net/proxy_header/write.ts";
import { writeAll } from "../net/write_all.ts";
import { type Failed, failed } from "../outcome.ts";

export interface ProbeExchange {
  readonly address: Address;
  /** The version of the PROXY header that comes first; undefined if there is none. */
  readonly proxyProtocol: ProxyVersion | undefined;
  /** Path and query. */
  readonly target: string;
  readonly host: string;
}

/** What is received of a response: its status is in its first line. In bytes. */
const MAX_BYTES = 16 * 1024;

/**
 * Connects, sends the request, receives until the final status is known, and closes the connection.
 *
 * @param signal gives it up: what is returned then says nothing of the backend
 * @returns the status, or why there is none
 */
export async function exchangeProbe(
  { address, proxyProtocol, target, host }: ProbeExchange,
  signal: AbortSignal,
): Promise<number | Failed> {
  const header = proxyProtocol && writeProxyHeader(proxyProtocol, undefined);
  const connection = await dialUntil(address, signal, header);
  if ("kind" in connection) return connection;
  if (signal.aborted) {
    connection.close();
    return failed("connection_terminated", "the probe was given up");
  }
  const giveUp = () => connection.close();
  signal.addEventListener("abort", giveUp);
  try {
    const head = `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: roundabout\r\n` +
      "Connection: close\r\n\r\n";
    await writeAll(connection, new TextEncoder().encode(head));
    return await receiveStatus(connection);
  } catch (error) {
    const { failure } = failedConnect(error, hasDescriptorLeft);
    const isOurs = failure === "connection_limit_reached";
    return failed(isOurs ? failure : "connection_terminated", plainMessage(error));
  } finally {
    signal.removeEventListener("abort", giveUp);
    if (!signal.aborted) connection.close();
  }
}

async function receiveStatus(connection: Connection): Promise<number | Failed> {
  const buffer = new Uint8Array(MAX_BYTES);
  for (let filled = 0; filled < buffer.length;) {
    const size = await connection.read(buffer.subarray(filled));
    if (size === null) {
      return failed("connection_terminated", "it closed the connection before it answered");
    }
    filled += size;
    const status = statusOf(String.fromCharCode(...buffer.subarray(0, filled)));
    if (status !== undefined) return status;
  }
  return failed("http_protocol_error", "the head of its response is too long");
}

/** The first status that is not an interim one; undefined if it has not arrived. */
function statusOf(text: string): number | Failed | undefined {
  const line = /^HTTP\/1\.[01] (\d{3})[ \r\n]/.exec(text);
  if (line === null) {
    return "HTTP/1.".startsWith(text.slice(0, 7)) && text.length <= "HTTP/1.1 200".length
      ? undefined
      : failed("http_protocol_error", "it does not speak HTTP/1.1");
  }
  const status = Number(line[1]);
  if (status >= 200) return status;
  const end = text.indexOf("\r\n\r\n");
  return end === -1 ? undefined : statusOf(text.slice(end + "\r\n\r\n".length));
}
