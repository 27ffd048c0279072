import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { bindOrExplain, ListenError } from "../../lib/net/listen_error.ts";

/** The message if listening fails so. */
function messageOf(error: Error, port = 80, purpose = "requests"): string {
  const fail = () => {
    throw error;
  };
  return assertThrows(
    () => bindOrExplain(purpose, [{ hostname: "0.0.0.0", port }], fail),
    ListenError,
  )
    .message;
}

Deno.test("listen error: what listens is returned", () => {
  assertEquals(
    bindOrExplain("requests", [{ hostname: "0.0.0.0", port: 80 }], () => "listener"),
    "listener",
  );
});

Deno.test("listen error: for a port below 1024 it says how to get the right to it", () => {
  const denied = new Deno.errors.PermissionDenied("Permission denied (os error 13)");
  assertEquals(
    messageOf(denied, 443),
    "Cannot listen on 0.0.0.0:443 for requests as ports below 1024 need a right that this process " +
      "lacks: set another port, or grant it (systemd: AmbientCapabilities=CAP_NET_BIND_SERVICE; containers, or the whole " +
      "machine: sysctl net.ipv4.ip_unprivileged_port_start=443)",
  );
  assertMatch(
    messageOf(denied, 1023, "the admin port"),
    /^Cannot listen on 0.0.0.0:1023 for the admin port as/,
  );
  assertMatch(messageOf(denied, 1024), /as permission denied/);
});

Deno.test("listen error: an address in use needs another port", () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  const listen = () => Deno.listen({ hostname: "127.0.0.1", port });
  const { message } = assertThrows(() =>
    bindOrExplain("requests", [{ hostname: "127.0.0.1", port }], listen)
  );
  assertMatch(
    message,
    /^Cannot listen on 127.0.0.1:\d+ for requests as the address is in use: set another port$/,
  );
});

Deno.test("listen error: an address of another machine needs another host", () => {
  const hostname = "192.0.2.1"; // for documentation (RFC 5737)
  const listen = () => Deno.listen({ hostname, port: 0 });
  const { message } = assertThrows(() =>
    bindOrExplain("the admin port", [{ hostname, port: 5000 }], listen)
  );
  assertEquals(
    message,
    "Cannot listen on 192.0.2.1:5000 for the admin port as this machine has no such address: set another host",
  );
});

Deno.test("listen error: any other reason is the system's", () => {
  assertEquals(
    messageOf(new Error("no luck")),
    "Cannot listen on 0.0.0.0:80 for requests as no luck",
  );
});
