/** The handshake that opens a WebSocket, as a client asks for it (RFC 6455, 4.2.1). */
import { protocolsOf } from "./upgrade.ts";
import { splitList } from "./field_kinds.ts";

/** What of a request is looked at. */
export interface AskedUpgrade {
  readonly method: string;
  /** The value of Upgrade. */
  readonly upgrade: string;
  /** The value of a field, its lines joined; undefined if there is none. */
  readonly header: (name: string) => string | undefined;
}

export interface WebSocketHandshake {
  /** The subprotocols that the client offers, in its order. */
  readonly protocols: readonly string[];
}

/** 16 bytes in base64. */
const KEY = /^[A-Za-z0-9+/]{22}==$/;

/** RFC 9110, 5.6.2. */
const TOKEN = /^[\w!#$%&'*+\-.^`|~]+$/;

/** Whether the client asks for an upgrade to a protocol that may be forwarded (RFC 9110, 7.8). */
export function asksForUpgrade({ upgrade, header }: Omit<AskedUpgrade, "method">): boolean {
  return protocolsOf(upgrade) !== undefined &&
    splitList(header("connection") ?? "").includes("upgrade");
}

/** The handshake of a request; undefined if it is none, or not a valid one. */
export function readHandshake(asked: AskedUpgrade): WebSocketHandshake | undefined {
  const { method, upgrade, header } = asked;
  if (method !== "GET" || !asksForUpgrade(asked)) return undefined;
  if (!splitList(upgrade).includes("websocket")) return undefined;
  if (header("sec-websocket-version") !== "13") return undefined;
  if (!KEY.test(header("sec-websocket-key") ?? "")) return undefined;
  const offered = header("sec-websocket-protocol");
  if (offered === undefined) return { protocols: [] };
  const protocols = offered.split(",").map((protocol) => protocol.trim());
  const differ = new Set(protocols.map((protocol) => protocol.toLowerCase()));
  const isValid = differ.size === protocols.length && protocols.every((name) => TOKEN.test(name));
  return isValid ? { protocols } : undefined;
}
