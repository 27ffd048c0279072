import { assertMatch } from "@std/assert";
import { exchangeProbe } from "../../lib/health/probe_exchange.ts";
import { parseAddress } from "../../lib/net/dial.ts";
import { formatFailure } from "../../lib/outcome.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";

Deno.test("probe: one that is given up in the moment in which it is connected closes its connection", async () => {
  await using backend = new ScriptedBackend("a");
  const controller = new AbortController();
  const { signal } = controller;
  const remove = signal.removeEventListener.bind(signal);
  signal.removeEventListener = (...listener: Parameters<typeof remove>) => {
    remove(...listener);
    controller.abort(); // it is connected: nobody listens here for now
  };
  const result = await exchangeProbe({
    address: parseAddress(backend.url),
    proxyProtocol: undefined,
    target: "/",
    host: "a.test",
  }, signal);
  assertMatch(typeof result === "number" ? "" : formatFailure(result), /the probe was given up/);
  await backend.until(() => backend.connections === 1 && backend.openConnections === 0);
});
