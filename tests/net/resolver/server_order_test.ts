import { assertEquals } from "@std/assert";
import { ServerOrder } from "../../../lib/net/resolver/server_order.ts";

const [A, B, C] = ["10.0.0.1", "10.0.0.2", "10.0.0.3"].map((hostname) => ({ hostname, port: 53 }));
const ALL = [A!, B!, C!];

Deno.test("server order: that of the configuration, until a server has answered", () => {
  assertEquals(new ServerOrder().of(ALL, 0), ALL);
});

Deno.test("server order: who answered last is first for a minute, and later answers do not prolong it", () => {
  const order = new ServerOrder();
  order.answered(B!, 1_000);
  order.answered(B!, 50_000);
  assertEquals(order.of(ALL, 60_999), [B, A, C]);
  assertEquals(order.of(ALL, 61_000), ALL);
  order.answered(B!, 65_000); // those before it are still dead
  assertEquals(order.of(ALL, 124_999), [B, A, C]);
});

Deno.test("server order: another one that answers takes over, for a minute of its own", () => {
  const order = new ServerOrder();
  order.answered(B!, 0);
  order.answered(C!, 30_000);
  assertEquals(order.of(ALL, 89_999), [C, A, B]);
  order.answered(A!, 89_999);
  assertEquals(order.of(ALL, 89_999), ALL);
});

Deno.test("server order: one that is no longer configured is not asked", () => {
  const order = new ServerOrder();
  order.answered(B!, 0);
  assertEquals(order.of([A!, C!], 1), [A, C]);
  assertEquals(order.of([{ ...B!, port: 54 }, A!], 1), [{ ...B!, port: 54 }, A]);
});
