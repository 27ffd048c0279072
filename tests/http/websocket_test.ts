import { assertEquals } from "@std/assert";
import { asksForUpgrade, readHandshake } from "../../lib/http/websocket.ts";

const FIELDS = {
  connection: "keep-alive, Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
};

function asked(changes: Record<string, string | undefined> = {}, method = "GET") {
  const fields: Record<string, string | undefined> = { ...FIELDS, ...changes };
  return { method, upgrade: fields["upgrade"]!, header: (name: string) => fields[name] };
}

Deno.test("WebSocket handshake: a valid one, with the subprotocols that it offers", () => {
  assertEquals(readHandshake(asked()), { protocols: [] });
  for (const offer of ["one,two", "one, two", "one ,\ttwo"]) {
    assertEquals(readHandshake(asked({ "sec-websocket-protocol": offer })), {
      protocols: ["one", "two"],
    });
  }
  assertEquals(readHandshake(asked({ upgrade: "h2c, WebSocket" })), { protocols: [] });
});

for (
  const [what, changes, method] of [
    ["another method", {}, "POST"],
    ["another protocol", { upgrade: "echo" }],
    ["no Connection: upgrade", { connection: "keep-alive" }],
    ["no Connection", { connection: undefined }],
    ["another version", { "sec-websocket-version": "8" }],
    ["several versions", { "sec-websocket-version": "13, 8" }],
    ["no version", { "sec-websocket-version": undefined }],
    ["no key", { "sec-websocket-key": undefined }],
    ["a key of 15 bytes", { "sec-websocket-key": "dGhlIHNhbXBsZSBub25j" }],
    ["two keys", { "sec-websocket-key": `${FIELDS["sec-websocket-key"]}, x` }],
    ["a subprotocol twice", { "sec-websocket-protocol": "one, One" }],
    ["an empty subprotocol", { "sec-websocket-protocol": "one,,two" }],
    ["a subprotocol that is no token", { "sec-websocket-protocol": "o{ne" }],
  ] as const
) {
  Deno.test(`WebSocket handshake: one with ${what} is none`, () => {
    assertEquals(readHandshake(asked(changes, method)), undefined);
  });
}

Deno.test("WebSocket handshake: an upgrade is asked for by Upgrade and by Connection, and h2c is none", () => {
  const asks = (connection: string | undefined, upgrade: string) =>
    asksForUpgrade({ upgrade, header: () => connection });
  assertEquals(asks("Upgrade", "echo"), true);
  assertEquals(asks("keep-alive , UPGRADE", "h2c, echo"), true);
  assertEquals(asks("upgrade", "h2c"), false);
  assertEquals(asks("keep-alive", "echo"), false);
  assertEquals(asks(undefined, "echo"), false);
});
