import { assertEquals } from "@std/assert";
import { needsRestart } from "../../lib/config/needs_restart.ts";
import { configurationOf } from "../support/configuration_file.ts";

const file = (settings: string) =>
  configurationOf(`{ ${settings} "pools": { "users": { "backends": ["http://a"] } } }`);

for (
  const [before, after, messages] of [
    ["", '"engine": "tcp",', [
      'Cannot reload as engine must stay "web" until a restart: new value is "tcp"',
    ]],
    ['"engine": "tcp",', '"engine": "tcp", "io": "epoll",', [
      'Cannot reload as io must stay "deno" until a restart: new value is "epoll"',
    ]],
    ['"workers": 2,', '"workers": "auto",', [
      'Cannot reload as workers must stay 2 until a restart: new value is "auto"',
    ]],
    ['"admin": { "port": 5001 },', '"admin": { "host": "0.0.0.0", "port": 5002 },', [
      'Cannot reload as admin.host must stay "127.0.0.1" until a restart: new value is "0.0.0.0"',
      "Cannot reload as admin.port must stay 5001 until a restart: new value is 5002",
    ]],
    ['"admin": "off",', "", [
      'Cannot reload as admin.port must stay "off" until a restart: new value is 5001',
    ]],
    ["", '"admin": { "port": "off" },', [
      'Cannot reload as admin.port must stay 5001 until a restart: new value is "off"',
    ]],
    ['"admin": "off",', '"admin": { "port": "off" },', []],
    ['"admin": { "unix": "/run/a" },', '"admin": { "unix": "/run/b", "mode": "0660" },', [
      'Cannot reload as admin.port must stay "unix:/run/a" until a restart: new value is "unix:/run/b"',
      'Cannot reload as admin.mode must stay "0600" until a restart: new value is "0660"',
    ]],
    ['"admin": { "unix": "/run/a", "mode": "0600" },', '"admin": { "unix": "/run/a" },', []],
    ["", '"admin": { "unix": "/run/a" },', [
      'Cannot reload as admin.port must stay 5001 until a restart: new value is "unix:/run/a"',
    ]],
    ['"workers": 1,', '"limits": { "inFlight": 5 },', []],
    ['"engine": "tcp", "workers": 1,', '"workers": 2,', [
      'Cannot reload as engine must stay "tcp" until a restart: new value is "web"',
      "Cannot reload as workers must stay 1 until a restart: new value is 2",
    ]],
  ] as const
) {
  Deno.test(`needs restart: from ${before || "defaults"} to ${after || "defaults"}`, async () => {
    assertEquals(needsRestart(await file(before), await file(after)), [...messages]);
  });
}

Deno.test("needs restart: the certificate of the admin port may change, whether it has one may not", async () => {
  const configuration = await file("");
  const withCertificate = (cert: string) => ({
    ...configuration,
    admin: {
      ...configuration.admin!,
      tls: { certificates: [{ cert, key: "a.key", loaded: undefined }] },
    },
  });
  assertEquals(needsRestart(withCertificate("a.pem"), withCertificate("b.pem")), []);
  assertEquals(needsRestart(configuration, withCertificate("a.pem")), [
    'Cannot reload as admin.tls must stay "not set" until a restart: new value is "set"',
  ]);
});

Deno.test("needs restart: tokens of the admin port may change", async () => {
  const configuration = await file("");
  const admin = { ...configuration.admin!, token: { text: "a token of the tests" } };
  assertEquals(needsRestart(configuration, { ...configuration, admin }), []);
});
