/**
 * What it means that Deno's WebSocket could not be opened to a backend. There is no error code, only a text;
 * an unknown one counts as "may have been sent".
 */
import { type Failed, failed } from "../outcome.ts";
import { plainText } from "./plain_message.ts";

const PREFIX = /^.*failed to connect to WebSocket: /s;
const STATUS = /^Invalid status code: (\d{3})$/;

/** No connection came about: the text does not say why. */
const NOT_CONNECTED = /\bconnect error\b|\bdns error\b/i;

/** The backend answered, but not as HTTP or the handshake has it. */
const NO_HANDSHAKE = /invalid|unexpected message|parsed|too large|alpn/i;

/** The status of the backend's answer, if it is one of HTTP, or why there is none. */
export function failedHandshake(message: string): number | Failed {
  const text = message.replace(PREFIX, "");
  const status = Number(STATUS.exec(text)?.[1]);
  if (status >= 200 && status <= 599) return status;
  const detail = plainText(text);
  if (NOT_CONNECTED.test(text)) return failed("destination_unavailable", detail);
  return failed(NO_HANDSHAKE.test(text) ? "http_protocol_error" : "connection_terminated", detail);
}
