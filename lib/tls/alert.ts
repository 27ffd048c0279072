/** Tells a client why there is no handshake (RFC 8446, 6.2), before any key is known. */

/** Why; the numbers are those of the protocol. */
export const ALERTS = {
  unexpectedMessage: 10,
  protocolVersion: 70,
  noApplicationProtocol: 120,
} as const;

const ALERT_RECORD = 21;
const FATAL = 2;

/** A fatal alert, as the bytes of its record. */
export function alertBytes(alert: keyof typeof ALERTS): Uint8Array<ArrayBuffer> {
  return new Uint8Array([ALERT_RECORD, 3, 3, 0, 2, FATAL, ALERTS[alert]]);
}
