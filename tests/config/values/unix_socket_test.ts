import { assertEquals } from "@std/assert";
import { isReading, refusalOf } from "../../../lib/config/values/reading.ts";
import {
  readAdminPlace,
  readAdminUrl,
  readUnixPlace,
  readUnixUrl,
} from "../../../lib/config/values/unix_socket.ts";
import { isAbstract, socketPathOf } from "../../../lib/net/unix_socket.ts";

const SHAPE = "must be the path of a unix socket such as /run/app.sock, or a name such as @app";
const BELOW = "must be below /run or /var/lib/roundabout: this program may open no other sockets";
const SHORT = "must have at most 90 characters";

for (
  const [url, path] of [
    ["unix:/run/app.sock", "/run/app.sock"],
    ["unix:/run/user/1000/a-b_c.d@e/s", "/run/user/1000/a-b_c.d@e/s"],
    ["unix:/var/lib/roundabout/app.sock", "/var/lib/roundabout/app.sock"],
    ["unix:@app", "\0app"],
    [`unix:/run/${"a".repeat(85)}`, `/run/${"a".repeat(85)}`],
  ] as const
) {
  Deno.test(`unix socket: ${url} is read`, () => {
    assertEquals(readUnixUrl(url), { value: url });
    assertEquals(socketPathOf(url), path);
    assertEquals(isAbstract(url), path.startsWith("\0"));
    assertEquals(isReading(readUnixPlace(url.slice("unix:".length))), true);
  });
}

for (
  const [url, expected, meant] of [
    ["unix:", SHAPE, undefined],
    ["unix:app.sock", SHAPE, undefined],
    ["unix:@", SHAPE, undefined],
    ["unix:///run/app.sock", SHAPE, "unix:/run/app.sock"],
    ["unix:/run/", SHAPE, undefined],
    ["unix:/run/../etc/app.sock", SHAPE, undefined],
    ["unix:/run/./app.sock", SHAPE, undefined],
    ["unix:/run/a b", SHAPE, undefined],
    ["unix:/run/app.sock:/path", SHAPE, undefined],
    ["unix:/run/app.sock?x", SHAPE, undefined],
    ["unix:/tmp/app.sock", BELOW, undefined],
    ["unix:/runner/app.sock", BELOW, undefined],
    ["unix:/var/lib/roundabout2/app.sock", BELOW, undefined],
    ["unix:/var/run/app.sock", BELOW, "unix:/run/app.sock"],
    [`unix:/run/${"a".repeat(86)}`, SHORT, undefined],
  ] as const
) {
  Deno.test(`unix socket: ${url} is refused`, () => {
    const refusal = refusalOf(readUnixUrl(url));
    assertEquals([refusal?.expected, refusal?.meant], [expected, meant]);
  });
}

Deno.test("unix socket: a listener has its path without unix:", () => {
  assertEquals(readUnixPlace("unix:/run/a.sock"), {
    expected: "must be a path without unix:",
    meant: "/run/a.sock",
  });
});

for (
  const [place, expected] of [
    ["@admin", "must be a path: commands open no abstract sockets"],
    ["@", "must be a path: commands open no abstract sockets"],
    ["admin.sock", "must be the path of a unix socket such as /run/app.sock"],
    ["/tmp/admin.sock", BELOW],
  ] as const
) {
  Deno.test(`unix socket: ${place} is none for the admin port, with unix: or without it`, () => {
    assertEquals(refusalOf(readAdminPlace(place))?.expected, expected);
    assertEquals(refusalOf(readAdminUrl(`unix:${place}`))?.expected, expected);
  });
}

Deno.test("unix socket: the admin port has a path, with unix: or without it", () => {
  assertEquals(readAdminPlace("/run/admin.sock"), { value: "/run/admin.sock" });
  assertEquals(readAdminUrl("unix:/run/admin.sock"), { value: "unix:/run/admin.sock" });
});

Deno.test("unix socket: other URLs are none", () => {
  for (const url of ["http://unix:1", "https://a", ""]) assertEquals(socketPathOf(url), undefined);
});
