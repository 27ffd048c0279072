/**
 * Upgrades that this engine does not forward. A server may ignore an Upgrade (RFC 9110, 7.8), so the request
 * goes on without it, and the backend says what it needs. But whoever runs this should know why it fails.
 */
export const UPGRADE_WARNING =
  "a client asked for an upgrade that is no valid WebSocket, and that is not forwarded: the tcp engine " +
  "forwards upgrades";
