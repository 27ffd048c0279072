import { assertEquals } from "@std/assert";
import { problemsOfText } from "../../support/configuration_file.ts";

/** Each error as one line. */
async function errorsOf(file: object): Promise<string[]> {
  const { problems } = await problemsOfText(JSON.stringify({
    pools: { users: { backends: ["http://a:5000"] } },
    ...file,
  }));
  return problems.map(({ path, message }) => `${path.join(".")} ${message}`);
}

const LISTENERS = { nlb: { proxyProtocol: true } };
const TRUSTED = ["10.0.0.0/8"];

Deno.test("PROXY protocol: with the tcp engine and trusted proxies it can be received, and sent", async () => {
  const pools = { users: { backends: ["http://a:5000"], proxyProtocol: 2 } };
  const file = { engine: "tcp", trustedProxies: TRUSTED, listeners: LISTENERS, pools };
  assertEquals(await errorsOf(file), []);
});

Deno.test("PROXY protocol: without trusted proxies nobody could send it", async () => {
  assertEquals(await errorsOf({ engine: "tcp", listeners: LISTENERS }), [
    "listeners.nlb.proxyProtocol needs trustedProxies: the proxies that may say whose connections theirs are",
  ]);
});

Deno.test("PROXY protocol: the web engine has none, in either direction", async () => {
  const pools = { users: { backends: ["http://a:5000"], proxyProtocol: 1 } };
  assertEquals(await errorsOf({ listeners: LISTENERS, trustedProxies: TRUSTED, pools }), [
    'pools.users.proxyProtocol needs engine "tcp"',
    'listeners.nlb.proxyProtocol needs engine "tcp"',
  ]);
});

Deno.test("unix sockets: abstract ones need the tcp engine, and a probe's port needs a backend with ports", async () => {
  const pools = { users: { backends: ["unix:@app"], health: { path: "/", port: 9000 } } };
  assertEquals(await errorsOf({ pools }), [
    'pools.users.backends.0 needs engine "tcp": fetch opens no abstract sockets',
    "pools.users.health.port has no effect if all backends are unix sockets",
  ]);
});
