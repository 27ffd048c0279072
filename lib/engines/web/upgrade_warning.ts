/**
 * Says that upgrades, such as WebSocket, are not forwarded by this engine. A server may ignore an Upgrade
 * (RFC 9110, 7.8), so the request goes on without it, and the backend says what it needs. But whoever
 * runs this should know why it fails.
 */
import { splitList } from "../../http/field_kinds.ts";
import { protocolsOf } from "../../http/upgrade.ts";
import { type Head, readField } from "./head.ts";

/** Whether the client asks for an upgrade that the tcp engine would forward. */
export function asksForUpgrade({ upgrade, fields }: Pick<Head, "upgrade" | "fields">): boolean {
  if (upgrade === undefined || protocolsOf(upgrade) === undefined) return false;
  return splitList(readField(fields, "connection") ?? "").includes("upgrade");
}

export const UPGRADE_WARNING =
  "a client asked for an upgrade, such as WebSocket, which is not forwarded: the tcp engine forwards upgrades";
