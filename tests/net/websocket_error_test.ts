import { assertEquals } from "@std/assert";
import { failedHandshake } from "../../lib/net/websocket_error.ts";

const PREFIX = "NetworkError: failed to connect to WebSocket: ";

for (
  const [text, meaning] of [
    ["Invalid status code: 401", 401],
    ["Invalid status code: 200", 200],
    ["Invalid status code: 999", "http_protocol_error"],
    ["Invalid upgrade header", "http_protocol_error"],
    ["invalid HTTP version parsed", "http_protocol_error"],
    ["Didn't receive h2 alpn, aborting connection", "http_protocol_error"],
    ["connection closed before message completed", "connection_terminated"],
    ["tcp connect error", "destination_unavailable"],
    ["something that nobody has seen", "connection_terminated"],
  ] as const
) {
  Deno.test(`WebSocket error: ${text} means ${meaning}`, () => {
    const failed = failedHandshake(PREFIX + text);
    assertEquals(typeof failed === "number" ? failed : failed.failure, meaning);
  });
}
