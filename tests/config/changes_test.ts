import { assertEquals } from "@std/assert";
import { changesOf } from "../../lib/config/changes.ts";
import { routeIdOf } from "../../lib/routing/route_id.ts";
import { changesBetween, configurationOf } from "../support/configuration_file.ts";
import { SECRETS } from "../support/example_configuration.ts";

const USERS = '"users": { "backends": ["http://users-1:5000"] }';

/** Files that differ in one part, which is written in place of `…`. */
interface Part {
  readonly what: string;
  readonly file: string;
  readonly cases: readonly (readonly [before: string, after: string, lines: readonly string[]])[];
}

const PARTS: readonly Part[] = [
  {
    what: "backends",
    file: '{ "pools": { "users": { "backends": [ … ] } } }',
    cases: [
      ['"http://users-1:5000", "http://b"', '"http://b", "http://users-4:5000"', [
        "pool users: + http://users-4:5000, - http://users-1:5000",
      ]],
      ['"http://a:81"', '{ "url": "http://a:81", "weight": 2 }', [
        "pool users: http://a:81: weight 1 -> 2",
      ]],
      [
        '"http://a", { "url": "http://b", "backup": true }',
        '"http://a", "http://b"',
        ["pool users: http://b: backup true -> false"],
      ],
      ['"http://a", "http://b"', '"http://b", "http://a"', ["pool users: order of backends"]],
      ['"http://a"', '{ "url": "HTTP://A:80/", "weight": 1 }', []],
      [
        '"http://a"',
        Array.from({ length: 15 }, (_, index) => `"http://b${index}"`).join(", "),
        [
          `pool users: ${
            Array.from({ length: 10 }, (_, index) => `+ http://b${index}, `).join("")
          }and 6 more`,
        ],
      ],
    ],
  },
  {
    what: "settings of a pool",
    file: '{ "pools": { "users": { "backends": ["http://a"] … } } }',
    cases: [
      ["", ', "timeouts": { "connect": "1m30s", "request": "1h" }', [
        "pool users: timeouts.connect 2s -> 90s, timeouts.request off -> 1h",
      ]],
      ["", ', "timeouts": { "connect": "2000ms" }', []],
      ["", ', "policy": "p2c"', ["pool users: policy.name round_robin -> p2c"]],
      [
        ', "policy": { "name": "consistent_hash", "on": "header:X-User", "balance": "125%" }',
        ', "policy": "consistent_hash"',
        ["pool users: policy.on header:X-User -> address, policy.balance 125% -> off"],
      ],
      ["", ', "health": { "path": "/healthz" }', ["pool users: health: added"]],
      [
        ', "health": { "path": "/healthz" }',
        ', "health": { "path": "/healthz", "status": "204,200-202", "host": "users.internal" }',
        [
          'pool users: health.status 200-399 -> "204,200-202", health.host not set -> users.internal',
        ],
      ],
      ["", ', "retry": { "attempts": 2, "budget": "off" }', [
        "pool users: retry.attempts all -> 2, retry.budget 20% -> off",
      ]],
      ["", ', "slowStart": "off", "limits": { "backendInFlight": 5 }', [
        "pool users: slowStart 10s -> off, limits.backendInFlight off -> 5",
      ]],
      [
        `, "sticky": { "cookie": "lb", "secret": "${SECRETS[0]}" }`,
        `, "sticky": { "cookie": "lb", "secret": "${SECRETS[1]}" }`,
        ["pool users: sticky.secret: changed"],
      ],
      [
        ', "sticky": { "cookie": "lb" }',
        `, "sticky": { "cookie": "ub", "secret": "${SECRETS[1]}" }`,
        [
          "pool users: sticky.cookie lb -> ub, sticky.secret: added",
        ],
      ],
    ],
  },
  {
    what: "pools, and what they share",
    file: '{ … "routes": [{ "match": { "path": "/a" }, "pool": "a" }, { "pool": "b" }] }',
    cases: [
      [
        '"pools": { "a": { "backends": ["http://a"] }, "b": { "backends": ["http://b"] } },',
        '"defaults": { "policy": "random" }, ' +
        '"pools": { "a": { "backends": ["http://a"] }, "b": { "backends": ["http://c"] } },',
        ["all pools: policy.name round_robin -> random", "pool b: + http://c, - http://b"],
      ],
      [
        '"pools": { "a": { "backends": ["http://a"] }, "b": { "backends": ["http://b"], "policy": "p2c" } },',
        '"defaults": { "policy": "random", "slowStart": "5s" }, ' +
        '"pools": { "a": { "backends": ["http://a"] }, "b": { "backends": ["http://b"], "policy": "p2c" } },',
        ["all pools: slowStart 10s -> 5s", "pool a: policy.name round_robin -> random"],
      ],
    ],
  },
  {
    what: "pools by name",
    file: '{ "pools": { … }, "routes": [{ "pool": "users" }] }',
    cases: [
      [USERS, `${USERS}, "7": { "backends": ["http://b"] }`, ["pool 7: added"]],
      [`${USERS}, "next": { "backends": ["http://b"] }`, USERS, ["pool next: removed"]],
    ],
  },
  {
    what: "routes",
    file: `{ "pools": { ${USERS}, "next": { "backends": ["http://b"] } }, "routes": [ … ] }`,
    cases: [
      [
        '{ "name": "api", "pool": "users", "timeouts": { "firstByte": "10s" } }',
        '{ "name": "api", "pool": "next", "timeouts": { "firstByte": "5s" } }',
        [
          "route api: pool users -> next, timeouts.firstByte 10s -> 5s",
        ],
      ],
      [
        '{ "match": { "path": "/a" }, "pool": "next" }, { "pool": "users" }',
        '{ "match": { "path": "/b" }, "pool": "next" }, { "pool": "users" }',
        [
          "route /a: removed",
          "route /b: added",
        ],
      ],
      [
        '{ "name": "9", "match": { "path": "/a" }, "pool": "next" }, { "name": "1", "pool": "users" }',
        '{ "name": "1", "pool": "users" }, { "name": "9", "match": { "path": "/a" }, "pool": "next" }',
        [
          "order of routes",
        ],
      ],
      [
        '{ "name": "a", "pool": "users", "match": { "methods": ["GET", "POST"], "host": "a" } }',
        '{ "name": "a", "pool": "users", "match": { "methods": ["GET", "PUT"], "host": ["a", "b"] } }',
        [
          "route a: match.host + b, match.methods + PUT - POST",
        ],
      ],
      [
        '{ "name": "a", "pool": "users" }',
        '{ "name": "a", "pool": "users", "allow": ["10.0.0.0/8", "::1"], "rateLimit": { "rate": "5/m" } }',
        [
          "route a: allow not set -> [10.0.0.0/8, ::1], rateLimit: added",
        ],
      ],
      [
        '{ "name": "a", "pool": "users", "rateLimit": { "rate": "5/m" } }',
        '{ "name": "a", "pool": "users", "rateLimit": { "rate": "5/s", "by": "header:X-Key", "burst": 9 } }',
        [
          "route a: rateLimit.rate 5/m -> 5/s, rateLimit.by address -> header:X-Key, rateLimit.burst not set -> 9",
        ],
      ],
      [
        '{ "name": "a", "split": { "users": 95, "next": 5 } }',
        '{ "name": "a", "split": { "users": 100 }, "splitOn": "cookie:side" }',
        [
          "route a: split.users 95 -> 100, split.next 5 -> not set, splitOn not set -> cookie:side",
        ],
      ],
      [
        '{ "name": "a", "respond": { "status": 200, "body": "one" } }',
        '{ "name": "a", "respond": { "status": 404, "body": "two" }, "errorPages": { "404": "three" } }',
        [
          "route a: respond.status 200 -> 404, respond.body: changed, errorPages.404: added",
        ],
      ],
      [
        '{ "name": "a", "pool": "users", "requestHeaders": { "set": { "X-A": "1" }, "remove": ["X-B"] } }',
        '{ "name": "a", "pool": "users", "requestHeaders": { "set": { "X-A": "2" }, "add": { "X-C": "3" } } }',
        [
          "route a: requestHeaders.set.X-A: changed, requestHeaders.add.X-C: added, requestHeaders.remove - X-B",
        ],
      ],
    ],
  },
  {
    what: "listeners",
    file: `{ "listeners": { … }, "pools": { ${USERS} } }`,
    cases: [
      [
        '"http": { "port": 80 }, "old": { "port": 81 }',
        '"http": { "port": 8080 }, "new": { "port": 82 }',
        [
          "listener http: port 80 -> 8080",
          "listener old: removed",
          "listener new: added",
        ],
      ],
    ],
  },
  {
    what: "settings of the top level",
    file: `{ … "pools": { ${USERS} } }`,
    cases: [
      ["", '"watch": false, "limits": { "inFlight": 5, "bodySize": "1MiB" },', [
        "watch true -> false",
        "limits.inFlight 10000 -> 5",
        "limits.bodySize off -> 1MiB",
      ]],
      ['"trustedProxies": ["10.0.0.0/8", "::1"],', '"trustedProxies": ["::1", "10.1.0.0/16"],', [
        "trustedProxies + 10.1.0.0/16 - 10.0.0.0/8",
      ]],
      [
        '"log": { "fields": ["referer", "host"] },',
        '"log": { "fields": ["host", "referer"], "sample": "5%" },',
        [
          "log.sample off -> 5%",
          "order of log.fields",
        ],
      ],
      [
        '"errorPages": { "503": "one", "502": "two" },',
        '"errorPages": { "503": "three", "504": "two" },',
        [
          "errorPages.502: removed",
          "errorPages.503: changed",
          "errorPages.504: added",
        ],
      ],
      [
        '"instance": "edge-1",',
        '"tests": [{ "request": "GET http://a/", "expect": { "pool": "users" } }],',
        [
          "instance edge-1 -> random",
        ],
      ],
      ["", '"admin": "off",', ["admin: removed"]],
    ],
  },
];

for (const { what, file, cases } of PARTS) {
  Deno.test(`changes: ${what}`, async () => {
    for (const [before, after, lines] of cases) {
      const [one, other] = [file.replace("…", before), file.replace("…", after)];
      assertEquals(await changesBetween(one, other), lines);
      assertEquals(await changesBetween(one, one), []);
      assertEquals(await changesBetween(other, other), []);
    }
  });
}

Deno.test("changes: what is in flight at a backend that was removed is said, if it is known", async () => {
  const file = (...urls: string[]) =>
    configurationOf(`{ "pools": { "users": { "backends": ${JSON.stringify(urls)} } } }`);
  const lines = changesOf(
    await file("http://a", "http://b", "http://c"),
    await file("http://c", "http://d"),
    { routeIdOf, inFlightAt: (pool, url) => pool === "users" && url === "http://a" ? 3 : 0 },
  );
  assertEquals(lines, ["pool users: + http://d, - http://a (draining 3), - http://b"]);
});
