import { assert, assertEquals } from "@std/assert";
import type { RouteConfig } from "../../lib/config/model.ts";
import { route as routeSchema } from "../../lib/config/schema/route.ts";
import { belongsTo } from "../../lib/net/address_list.ts";
import { createBasicAuth } from "../../lib/routing/basic_auth.ts";
import { RememberedPasswords } from "../../lib/routing/remembered_passwords.ts";
import { compileGuards, type GuardedRequest, type GuardTools } from "../../lib/routing/guards.ts";
import { createRateLimiter } from "../../lib/routing/rate_limit.ts";
import { InFlightCount } from "../../lib/shared_memory/in_flight_count.ts";
import { RateTable } from "../../lib/shared_memory/rate_table.ts";

const HASH = `$2b$04$${"a".repeat(53)}`;

/** Tools for one route; a password is right if it is `right`. */
function tools(): GuardTools & { readonly verified: string[]; readonly count: InFlightCount } {
  const table = new RateTable();
  const verified: string[] = [];
  const count = new InFlightCount();
  return {
    verified,
    count,
    networks: belongsTo,
    rateLimiter: (limit, route) => createRateLimiter(limit, route, table, 7),
    basicAuth: (auth, route) => {
      const limit = { rate: { requests: 2, perMs: 60_000 }, burst: 2 };
      const failures = createRateLimiter(limit, `${route} passwords`, table, 7);
      const verify = (password: string) => {
        verified.push(password);
        return Promise.resolve(password === "right" ? "right" as const : "wrong" as const);
      };
      return createBasicAuth(auth, verify, failures, new RememberedPasswords("key"));
    },
    inFlight: () => count,
  };
}

/** A route as a file writes it. */
function read(written: object): RouteConfig {
  return routeSchema.parse({ pool: "users", ...written });
}

interface Written {
  readonly client?: string;
  readonly contentLength?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

function request({ client = "192.0.2.1", contentLength, headers = {} }: Written): GuardedRequest {
  return { client, contentLength, header: (name) => headers[name.toLowerCase()] };
}

const basic = (user: string, password: string) => ({
  authorization: `Basic ${btoa(`${user}:${password}`)}`,
});

function guard(written: object, given = tools(), bodySize = Infinity) {
  const guards = compileGuards(read(written), "r", bodySize, given)!;
  return async (of: Written, now = 0) => {
    const found = await guards.check(request(of), now);
    return found.kind === "passed" ? `passed ${found.user ?? ""}`.trim() : found.reply.status;
  };
}

Deno.test("guards: a route that asks nothing has none", () => {
  assertEquals(compileGuards(read({}), "r", Infinity, tools()), undefined);
});

for (
  const [written, client, expected] of [
    [{ allow: ["10.0.0.0/8"] }, "10.1.2.3", "passed"],
    [{ allow: ["10.0.0.0/8"] }, "11.0.0.1", 403],
    [{ allow: [] }, "10.1.2.3", 403],
    [{ deny: ["10.0.0.0/8"] }, "10.1.2.3", 403],
    [{ deny: ["10.0.0.0/8"] }, "11.0.0.1", "passed"],
    [{ allow: ["10.0.0.0/8"], deny: ["10.6.6.0/24"] }, "10.6.6.6", 403], // deny wins
    [{ allow: ["10.0.0.0/8"], deny: ["10.6.6.0/24"] }, "10.6.7.6", "passed"],
    [{ allow: ["fd00::/8"] }, "fd00::1", "passed"],
    [{ allow: ["fd00::/8"] }, "10.0.0.1", 403],
    [{ allow: ["0.0.0.0/0"] }, "unknown", 403], // no address at all
  ] as const
) {
  Deno.test(`guards: with ${JSON.stringify(written)} a client at ${client} gets ${expected}`, async () => {
    assertEquals(await guard(written)({ client }), expected);
  });
}

Deno.test("guards: one client's rate says nothing of another's, and tokens come back", async () => {
  const check = guard({ rateLimit: { rate: "2/s", burst: 2 } });
  const [a, b] = [{ client: "192.0.2.1" }, { client: "192.0.2.2" }];
  assertEquals([await check(a), await check(a), await check(a)], ["passed", "passed", 429]);
  assertEquals(await check(b), "passed");
  assertEquals([await check(a, 499), await check(a, 500), await check(a, 501)], [
    429,
    "passed",
    429,
  ]);
});

Deno.test("guards: IPv6 clients of one /64 share a rate", async () => {
  const check = guard({ rateLimit: { rate: "1/s", burst: 1 } });
  const first = ["2001:db8::1", "2001:db8:0:0:ffff::2", "2001:DB8::"];
  const found = await Promise.all(first.map((client) => check({ client })));
  assertEquals(found, ["passed", 429, 429]);
  assertEquals(await check({ client: "2001:db8:0:1::1" }), "passed");
});

Deno.test("guards: a rate by header counts each value, and a missing header as one", async () => {
  const check = guard({ rateLimit: { rate: "1/s", burst: 1, by: "header:X-Key" } });
  const of = (key?: string) => ({ headers: key === undefined ? {} : { "x-key": key } });
  assertEquals([await check(of("a")), await check(of("b")), await check(of("a"))], [
    "passed",
    "passed",
    429,
  ]);
  assertEquals([await check(of()), await check({ ...of(), client: "192.0.2.9" })], ["passed", 429]);
});

Deno.test("guards: a password is asked for, checked, and its user known", async () => {
  const check = guard({ basicAuth: { users: { ops: HASH } } });
  assertEquals(await check({}), 401);
  assertEquals(await check({ headers: basic("ops", "wrong") }), 401);
  assertEquals(await check({ headers: basic("ops", "right") }), "passed ops");
  assertEquals(await check({ headers: basic("nobody", "right") }), 401);
  for (
    const value of ["Basic", "Basic !", "Basic b3Bz", "Bearer x", "Basic //79", "x".repeat(9000)]
  ) {
    assertEquals(await check({ client: value, headers: { authorization: value } }), 401, value);
  }
});

Deno.test("guards: a right password is checked again ten minutes after its last use, and at once only once", async () => {
  const given = tools();
  const check = guard({ basicAuth: { users: { ops: HASH } } }, given);
  const of = { headers: basic("ops", "right") };
  await Promise.all([check(of), check(of), check(of)]);
  await check(of, 599_999);
  await check(of, 1_199_998);
  assertEquals(given.verified, ["right"]);
  await check(of, 1_799_998);
  assertEquals(given.verified, ["right", "right"]);
});

Deno.test("guards: of a thousand right passwords the one that was not used for longest makes room", async () => {
  const { waiting, ask } = pendingAuth();
  /** Whether it had to be checked. */
  async function wasChecked(password: string): Promise<boolean> {
    const asked = ask(password);
    const check = waiting.pop();
    check?.("right");
    assertEquals((await asked).kind, "known");
    return check !== undefined;
  }
  for (let i = 0; i < 1_000; i++) await wasChecked(`right ${i}`);
  assertEquals(await wasChecked("right 0"), false);
  assertEquals(await wasChecked("one more"), true);
  assertEquals([await wasChecked("right 0"), await wasChecked("right 1")], [false, true]);
});

Deno.test("guards: wrong passwords are limited by address: others and right ones known before pass", async () => {
  const given = tools();
  const check = guard({ basicAuth: { users: { ops: HASH } } }, given);
  const right = { headers: basic("ops", "right") };
  assertEquals(await check(right), "passed ops");
  for (const password of ["a", "b"]) {
    assertEquals(await check({ headers: basic("ops", password) }), 401);
  }
  assertEquals(await check({ headers: basic("ops", "c") }), 429);
  assertEquals(await check({ headers: basic("ops", "right2") }), 429);
  assertEquals(await check(right), "passed ops");
  assertEquals(await check({ client: "192.0.2.2", headers: basic("ops", "d") }), 401);
  assertEquals(given.verified.includes("c"), false);
});

Deno.test("guards: a body that is announced as too large is refused, the route's limit before the global one", async () => {
  const small = guard({ limits: { bodySize: "1KiB" } }, tools(), 4096);
  assertEquals([await small({ contentLength: 1024 }), await small({ contentLength: 1025 })], [
    "passed",
    413,
  ]);
  const global = guard({}, tools(), 4096);
  assertEquals([await global({ contentLength: 4096 }), await global({ contentLength: 4097 })], [
    "passed",
    413,
  ]);
  assertEquals(await global({}), "passed");
});

Deno.test("guards: they are asked in this order: address, rate, password, size", async () => {
  const given = tools();
  const check = guard({
    allow: ["192.0.2.1"],
    rateLimit: { rate: "1/h", burst: 2 },
    basicAuth: { users: { ops: HASH } },
    limits: { bodySize: "1KiB" },
  }, given);
  const large = { contentLength: 5000 };
  assertEquals(await check({ ...large, client: "192.0.2.2" }), 403);
  assertEquals(await check(large), 401); // its rate was counted, its size was not asked
  assertEquals(await check({ ...large, headers: basic("ops", "right") }), 413);
  assertEquals(await check({ headers: basic("ops", "right") }), 429);
  assertEquals(given.verified, ["right"]);
});

Deno.test("guards: the limit of requests in flight is the route's own count", () => {
  const given = tools();
  const { inFlight } = compileGuards(
    read({ name: "r", limits: { inFlight: 3 } }),
    "r",
    Infinity,
    given,
  )!;
  assertEquals(inFlight?.max, 3);
  assert(inFlight?.count === given.count);
});

/** A route with passwords whose checks end when they are told to; two wrong ones are allowed. */
function pendingAuth() {
  const waiting: ((came: "right" | "wrong") => void)[] = [];
  const limit = { rate: { requests: 2, perMs: 60_000 }, burst: 2 };
  const auth = createBasicAuth(
    { realm: "r", users: { ops: "$2b$10$" } },
    () => new Promise((resolve) => waiting.push(resolve)),
    createRateLimiter(limit, "r passwords", new RateTable(), 7),
    new RememberedPasswords("key"),
  );
  const ask = (password: string, client = "192.0.2.1", now = 0) =>
    auth.check(basic("ops", password).authorization, client, now);
  return { waiting, ask };
}

Deno.test("guards: wrong passwords that come at the same time are limited like those that come in turn", async () => {
  const { waiting, ask } = pendingAuth();
  const asked = ["a", "b", "c", "d"].map((password) => ask(password));
  assertEquals(waiting.length, 2);
  for (const end of waiting) end("wrong");
  const kinds = (await Promise.all(asked)).map(({ kind }) => kind);
  assertEquals(kinds, ["unknown", "unknown", "limited", "limited"]);
});

Deno.test("guards: right passwords do not count as wrong ones", async () => {
  const { waiting, ask } = pendingAuth();
  for (let i = 0; i < 10; i++) {
    const asked = ask(`right ${i}`);
    waiting.pop()!("right");
    assertEquals((await asked).kind, "known");
  }
});

Deno.test("guards: the addresses of one /64 share their wrong passwords", async () => {
  const { waiting, ask } = pendingAuth();
  const asked = ["::1", "::2", "::3"].map((end) => ask(`from ${end}`, `2001:db8:0:1${end}`));
  for (const end of waiting) end("wrong");
  const kinds = (await Promise.all(asked)).map(({ kind }) => kind);
  assertEquals(kinds, ["unknown", "unknown", "limited"]);
});
