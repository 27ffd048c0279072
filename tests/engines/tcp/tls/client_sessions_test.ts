/** Sessions that are resumed: they prove nothing by themselves. */
import { assertEquals } from "@std/assert";
import { LOCALHOST_TLS } from "../../../support/certificates.ts";
import {
  ALICE,
  asking,
  balance,
  below,
  clientCerts,
  DAY_MS,
  employee,
  MIDDLE,
  OPTIONAL,
  OTHER,
  REQUIRED,
  Resumptions,
  STAFF,
  valueFor,
  Visitor,
} from "../../../support/client_identities.ts";
import { ScriptedBackend } from "../../../support/scripted_backend.ts";

for (const [how, tls] of [["required", REQUIRED], ["optional", OPTIONAL]] as const) {
  Deno.test(`client certificates: a session of a listener that asks for none proves nothing where one is ${how}`, async () => {
    await using backend = new ScriptedBackend("a");
    await using open = balance(backend, LOCALHOST_TLS);
    await using balancer = balance(backend, tls);
    using visitor = new Visitor(ALICE);
    assertEquals(await visitor.visit(open.port), 200);
    using resumptions = new Resumptions();
    const first = await visitor.visit(balancer.port);
    assertEquals(resumptions.all, [true]);
    assertEquals(first, how === "required" ? undefined : 200);
    assertEquals(clientCerts(backend).filter((value) => value !== undefined), []);
  });
}

Deno.test("client certificates: a client that is refused gets no tickets, so that it begins anew soon", async () => {
  await using backend = new ScriptedBackend("a");
  await using open = balance(backend, LOCALHOST_TLS);
  await using balancer = balance(backend, REQUIRED);
  using visitor = new Visitor(ALICE);
  assertEquals(await visitor.visit(open.port), 200);
  let tries = 1;
  while (await visitor.visit(balancer.port) === undefined && tries < 10) tries++;
  assertEquals(tries < 5, true, `${tries} tries`);
  assertEquals(clientCerts(backend).at(-1), valueFor(ALICE));
});

Deno.test("client certificates: a session of a listener with another authority proves nothing", async () => {
  await using backend = new ScriptedBackend("a");
  await using elsewhere = balance(backend, asking(true, OTHER));
  await using balancer = balance(backend, REQUIRED);
  using visitor = new Visitor(await employee({ issuer: OTHER }));
  assertEquals(await visitor.visit(elsewhere.port), 200);
  using resumptions = new Resumptions();
  assertEquals(await visitor.visit(balancer.port), undefined);
  assertEquals(resumptions.all, [true]);
});

Deno.test("client certificates: a session of a listener that trusts more proves what is true here, too", async () => {
  await using backend = new ScriptedBackend("a");
  await using elsewhere = balance(backend, asking(true, OTHER, STAFF));
  await using balancer = balance(backend, REQUIRED);
  const identity = await below(MIDDLE);
  using visitor = new Visitor(identity);
  assertEquals(await visitor.visit(elsewhere.port), 200);
  using resumptions = new Resumptions();
  assertEquals(await visitor.visit(balancer.port), 200);
  assertEquals(resumptions.all, [true]);
  assertEquals(clientCerts(backend), Array(2).fill(valueFor(identity)));
});

Deno.test("client certificates: a session ends with its certificate", async () => {
  await using backend = new ScriptedBackend("a");
  await using balancer = balance(backend, REQUIRED);
  using visitor = new Visitor(ALICE);
  assertEquals(await visitor.visit(balancer.port), 200);
  using resumptions = new Resumptions();
  const { now } = Date;
  Date.now = () => now() + 2 * DAY_MS;
  try {
    assertEquals(await visitor.visit(balancer.port), undefined);
  } finally {
    Date.now = now;
  }
  assertEquals(resumptions.all, [true]);
});

Deno.test("client certificates: no session outlives a change of the authority", async () => {
  await using backend = new ScriptedBackend("a");
  await using balancer = balance(backend, REQUIRED);
  using visitor = new Visitor(ALICE);
  assertEquals(await visitor.visit(balancer.port), 200);
  using resumptions = new Resumptions();
  balancer.changeTls(asking(true, OTHER, STAFF)); // one more: it goes on
  assertEquals(await visitor.visit(balancer.port), 200);
  balancer.changeTls(asking(true, OTHER));
  assertEquals(await visitor.visit(balancer.port), undefined);
  assertEquals(resumptions.all, [true, true]);
});
