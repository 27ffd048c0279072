/** Opens a WebSocket to a backend, for a client that has asked for one. */
import type { Field } from "../../../http/headers.ts";
import type { WebSocketHandshake } from "../../../http/websocket.ts";
import { failedHandshake } from "../../../net/websocket_error.ts";
import { type Failed, failed, type Outcome } from "../../../outcome.ts";
import type { WebAttempt } from "../attempt.ts";
import { Relay } from "./relay.ts";
import { type ServedSocket, type ServeOptions, serveSocket } from "./serve.ts";

/** What a backend has answered to a handshake. */
export interface WebSocketAnswer {
  /** Gives the client its side; undefined if the backend has refused the handshake. */
  readonly serve: ((options: ServeOptions) => ServedSocket) | undefined;
}

export interface OpenOptions {
  /** With the path of the request. */
  readonly url: string;
  readonly fields: readonly Field[];
  readonly handshake: WebSocketHandshake;
  readonly client: Deno.HttpClient;
  readonly attempt: WebAttempt;
  /** Makes a connection, and says why none can be made. */
  readonly explain: () => Promise<Failed | undefined>;
}

/** Opens it, unless the attempt is aborted before. */
export async function openWebSocket(options: OpenOptions): Promise<Outcome<WebSocketAnswer>> {
  const { attempt, handshake } = options;
  const { signal } = attempt;
  attempt.begin();
  attempt.watchClient(); // Deno would never say that a connection which has ended cannot be upgraded
  try {
    const socket = new WebSocket(options.url, {
      headers: headersFrom(options.fields),
      protocols: [...handshake.protocols],
      client: options.client,
    });
    const giveUp = () => socket.close();
    signal.addEventListener("abort", giveUp);
    if (signal.aborted) giveUp();
    const opened = await opening(socket);
    signal.removeEventListener("abort", giveUp);
    if (opened instanceof Relay && signal.aborted) opened.end(signal.reason);
    if (signal.aborted) return signal.reason;
    if (!(opened instanceof Relay)) return await explainFailure(opened, options);
    const unasked = findUnasked(socket, handshake);
    if (unasked === undefined) {
      attempt.answered = true;
      return {
        kind: "answered",
        status: 101,
        response: { serve: (options) => serveSocket(opened, options) },
      };
    }
    const invalid = failed("http_protocol_error", `it chose ${unasked} that was not asked for`);
    opened.end(invalid);
    return { ...invalid, inconclusive: true };
  } finally {
    attempt.end();
  }
}

/**
 * Deno leaves out the fields of the handshake, and makes its own. Its User-Agent comes first and cannot be
 * avoided, so that the client's would be a second one.
 */
function headersFrom(fields: readonly Field[]): [string, string][] {
  return fields.filter(([name]) => name.toLowerCase() !== "user-agent") as [string, string][];
}

/** Waits until it is open, and relays its messages from the first one on. @returns why not, in Deno's words */
function opening(socket: WebSocket): Promise<Relay | string> {
  return new Promise((resolve) => {
    let reason = "";
    socket.onopen = () => resolve(new Relay(socket));
    socket.onerror = (event) => reason = (event as ErrorEvent).message;
    socket.onclose = () => resolve(reason);
  });
}

/** What the backend may not choose by itself (RFC 6455, 4.1); undefined if it has not. */
function findUnasked(
  { protocol, extensions }: WebSocket,
  { protocols }: WebSocketHandshake,
): string | undefined {
  if (protocol !== "" && !protocols.includes(protocol)) return "a subprotocol";
  return extensions === "" ? undefined : "an extension";
}

async function explainFailure(
  message: string,
  { explain, attempt, url }: OpenOptions,
): Promise<Outcome<WebSocketAnswer>> {
  const isSecure = url.startsWith("https:");
  const answer = failedHandshake(message);
  if (typeof answer === "number") {
    attempt.answered = true;
    return { kind: "answered", status: answer, response: { serve: undefined } };
  }
  // Over TLS, Deno tries HTTP/2 after any failure, and tells of that one only.
  const isOpen = answer.failure !== "destination_unavailable";
  if (isOpen && !isSecure) return answer;
  const unreachable = await explain();
  if (unreachable !== undefined) return { ...unreachable, neverLeft: true };
  return isSecure ? { ...answer, failure: "http_protocol_error", inconclusive: true } : answer;
}
