/** Codes with which a WebSocket is closed (RFC 6455, 7.4). */
import type { Failed } from "../../../outcome.ts";
import { BACKEND_BROKE_OFF, BACKEND_TOO_SLOW, CLIENT_TOO_SLOW } from "../../shared/failures.ts";

/** How one side has closed. A code of 1005 stands for none. */
export interface Closure {
  readonly code: number;
  readonly reason: string;
}

/** Says nothing. */
export const NO_CODE: Closure = { code: 1005, reason: "" };

/** This balancer takes no part any more: the stop, a reload, a quiet time. */
const GOING_AWAY = 1001;

const CODES: ReadonlyMap<Failed, number> = new Map([
  [CLIENT_TOO_SLOW, 1008],
  [BACKEND_BROKE_OFF, 1011],
  [BACKEND_TOO_SLOW, 1013],
]);

/** What a client is told if this balancer ends its WebSocket. */
export function closureFor(reason: Failed): Closure {
  return { code: CODES.get(reason) ?? GOING_AWAY, reason: reason.detail };
}

/** Whether a server may send the code (RFC 6455, 7.4.1 and 7.4.2; IANA's registry up to 1014). */
export function mayServerSend(code: number): boolean {
  return isForApplications(code) || code >= 1000 && code <= 1014 && (code < 1004 || code > 1006);
}

/** Whether Deno's client sends the code: the standard of browsers allows no other. */
export function mayClientSend(code: number): boolean {
  return code === 1000 || isForApplications(code);
}

function isForApplications(code: number): boolean {
  return code >= 3000 && code < 5000;
}
