import { assertEquals } from "@std/assert";
import { AddressWatch } from "../../lib/runtime/address_watch.ts";
import { Wheel } from "../../lib/time/timer_wheel.ts";

/** Watches the names of these URLs, which have these addresses at the moment. */
function watch(urls: readonly string[], addresses: Record<string, readonly string[]>) {
  const wheel = new Wheel(0);
  const warnings: string[] = [];
  const asked: string[] = [];
  const watch = new AddressWatch({
    lookUp: (name) => {
      asked.push(name);
      return Promise.resolve(addresses[name] ?? []);
    },
    wheel,
    onWarning: (warning) => warnings.push(warning),
  });
  watch.watch(urls.map((url) => ({ url })));
  return {
    watch,
    warnings,
    asked,
    /** Lets a minute pass. */
    async minute() {
      for (const end = wheel.now + 60_200; wheel.now < end;) wheel.turn(wheel.now + 50);
      await null;
      await null;
    },
  };
}

const A = ["192.0.2.1"];
const THREE = ["192.0.2.1", "192.0.2.2", "192.0.2.3"];
const describe = (name: string, count: number) =>
  `${name} has ${count} addresses, and is one backend with one health: to balance over them, ` +
  "let its URL begin with dns+http://";

Deno.test("address watch: a name with several addresses is reported, once for all ports, and not again", async () => {
  const urls = ["http://users:5000", "http://users:5001/base", "http://one", "http://none"];
  const { warnings, asked, minute } = watch(urls, { users: THREE, one: A });
  await minute();
  assertEquals(warnings, [describe("users", 3)]);
  assertEquals(asked, ["users", "one", "none", "users", "one", "none"]);
  await minute();
  assertEquals(warnings.length, 1);
});

Deno.test("address watch: a change of their number is reported once a minute at most", async () => {
  const addresses: Record<string, readonly string[]> = { users: A };
  const { warnings, minute } = watch(["http://users:5000"], addresses);
  await minute();
  assertEquals(warnings, []);
  addresses["users"] = THREE;
  await minute();
  addresses["users"] = THREE.slice(1);
  await minute();
  addresses["users"] = []; // the resolver is down: nothing is known of it
  await minute();
  addresses["users"] = THREE.slice(1);
  await minute();
  assertEquals(warnings, [describe("users", 3), describe("users", 2)]);
});

Deno.test("address watch: the IPv4 and the IPv6 address of a host are no two hosts", async () => {
  const localhost = ["127.0.0.1", "::1", "127.0.0.1", "::1"];
  const { warnings, minute } = watch(["http://localhost:5000", "http://dual"], {
    localhost,
    dual: [...THREE.slice(1), "2001:db8::1", "2001:db8::2"],
  });
  await minute();
  assertEquals(warnings, [describe("dual", 2)]);
});

Deno.test("address watch: with TLS, which discovery does not have, it is not recommended", async () => {
  const { warnings, minute } = watch(["https://users:5000", "http://shop"], {
    users: THREE,
    shop: THREE,
  });
  await minute();
  assertEquals(warnings, [
    "users has 3 addresses, and is one backend with one health",
    describe("shop", 3),
  ]);
});

Deno.test("address watch: a name of which no backend is left is not looked up any more", async () => {
  const { watch: watching, asked, minute } = watch(["http://users:5000", "http://shop"], {});
  watching.watch([{ url: "http://shop" }]);
  await minute();
  assertEquals(asked, ["users", "shop", "shop"]);
});

Deno.test("address watch: addresses are not looked up", async () => {
  const { asked, minute } = watch(["http://127.0.0.1:5000", "https://[::1]:5000"], {});
  await minute();
  assertEquals(asked, []);
});
