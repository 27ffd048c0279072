import { assertEquals } from "@std/assert";
import { protocolsOf } from "../../lib/http/upgrade.ts";

Deno.test("upgrade: all protocols but HTTP/2 in cleartext are left", () => {
  assertEquals(protocolsOf("websocket"), "websocket");
  assertEquals(protocolsOf("h2c, WebSocket ,H2C,, foo/2"), "WebSocket, foo/2");
  assertEquals(["h2c", "H2C-14 , h2", "", " , "].map(protocolsOf), Array(4).fill(undefined));
});
