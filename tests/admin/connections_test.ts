import { assertEquals } from "@std/assert";
import { Connections } from "../../lib/admin/connections.ts";

/** A connection that only counts how often it is closed. */
function counted() {
  const connection = { closed: 0, close: () => void connection.closed++ };
  return connection as typeof connection & Deno.Conn;
}

Deno.test("admin: a change whose connection was closed while its body arrived is not made", async () => {
  const connections = new Connections(60_000);
  const connection = counted();
  connections.add(connection);
  connections.close(connection);
  let changes = 0;
  await connections.whileActing(connection, () => changes++);
  assertEquals(changes, 0);
  connections.close(connection);
  connections.closeAll();
  assertEquals(connection.closed, 1, "closing it again would be an error that nobody handles");
});

Deno.test("admin: a connection ages again once its change is made", async () => {
  const connections = new Connections(60_000);
  const connection = counted();
  connections.add(connection);
  assertEquals(await connections.whileActing(connection, () => "done"), "done");
  assertEquals(connection.closed, 0);
  connections.closeAll();
  assertEquals(connection.closed, 1);
});
