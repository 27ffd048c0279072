import { assertEquals } from "@std/assert";
import { problemsOfText } from "../../support/configuration_file.ts";

const TLS = { certificates: [{ cert: "a.pem", key: "a.key" }] };

/** Each problem as one line. */
async function problemsOf(listeners: object, more: object = {}): Promise<string[]> {
  const pools = { users: { backends: ["http://a:5000"] } };
  const { problems } = await problemsOfText(JSON.stringify({ listeners, pools, ...more }));
  return problems.map(({ path, message }) => `${path.join(".")} ${message}`);
}

Deno.test("unix listeners: a path and its mode are right for either engine, and unix peers may be trusted", async () => {
  const listeners = { local: { unix: "/run/front.sock", mode: "0660" } };
  assertEquals(await problemsOf(listeners, { trustedProxies: ["unix", "10.0.0.0/8"] }), []);
  assertEquals(await problemsOf(listeners, { engine: "tcp" }), []);
});

Deno.test("unix listeners: what only ports have, or only files, is refused elsewhere", async () => {
  const listeners = {
    one: { unix: "/run/front.sock", port: 80, host: "::" },
    two: { port: 81, mode: "0660" },
    three: { unix: "@front", mode: "0660" },
    four: { unix: "/run/front.sock" },
    five: { unix: "/tmp/front.sock" },
  };
  const ruled = Object.fromEntries(Object.entries(listeners).filter(([name]) => name !== "five"));
  assertEquals(await problemsOf(ruled), [
    "listeners.one.port has no effect beside unix",
    "listeners.one.host has no effect beside unix",
    "listeners.two.mode has no effect without the path of a unix socket",
    'listeners.three.unix needs engine "tcp": the web engine has no abstract sockets',
    "listeners.three.mode has no effect without the path of a unix socket",
    "listeners.four.unix must differ from listeners.one.unix",
  ]);
  assertEquals(await problemsOf({ five: listeners.five }), [
    "listeners.five.unix must be below /run or /var/lib/roundabout: this program may open no other sockets",
  ]);
});

Deno.test("unix listeners: the admin port may be one with a path, without what only ports have", async () => {
  const listeners = { local: { unix: "/run/front.sock" } };
  const of = (admin: object) => problemsOf(listeners, { admin });
  assertEquals(await of({ unix: "/run/admin.sock", mode: "0660" }), []);
  assertEquals(await of({ unix: "@admin" }), [
    "admin.unix must be a path: commands open no abstract sockets",
  ]);
  assertEquals(await of({ unix: "/run/front.sock", host: "::", port: 5001, tls: TLS }), [
    "admin.unix must differ from listeners.local.unix",
    "admin.host has no effect beside unix",
    "admin.port has no effect beside unix",
    "admin.tls has no effect beside unix",
  ]);
  assertEquals(await of({ mode: "0660" }), [
    "admin.mode has no effect without the path of a unix socket",
  ]);
  assertEquals(await of({ unix: "/run/admin.sock", port: "off" }), [
    'admin.unix has no effect with admin.port "off"',
  ]);
  assertEquals(await of({ tls: { certificates: [] } }), [
    "admin.tls.certificates must have exactly one certificate",
  ]);
});

Deno.test("unix listeners: a balancer is not its own backend over a unix socket either", async () => {
  const pools = { users: { backends: ["http://a:5000", "unix:/run/front.sock"] } };
  assertEquals(await problemsOf({ local: { unix: "/run/front.sock" } }, { pools }), [
    "pools.users.backends.1 must not be this balancer's own listener local",
  ]);
});
