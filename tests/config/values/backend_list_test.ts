import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { readBackendUrl } from "../../../lib/config/values/backend_url.ts";
import { isReading } from "../../../lib/config/values/reading.ts";
import { anyPath } from "../../support/any_text.ts";
import { problemsOf, valueOf, type VariableProblem } from "../../support/variables.ts";

function backends(text: string): readonly { url: string; weight: number }[] {
  const list = valueOf({ USERS_SERVICE: text }, "USERS_SERVICE");
  return (list as { url: string; weight: number }[]).map(({ url, weight }) => ({ url, weight }));
}

/** The complaints about a list that is not valid. */
function complaints(text: string): readonly VariableProblem[] {
  const problems = problemsOf({ USERS_SERVICE: text });
  if (problems.length === 0) throw new Error(`Read: ${JSON.stringify(backends(text))}`);
  return problems;
}

/** The same without places and suggestions. */
const refusals = (text: string) =>
  complaints(text).map(({ expected, shown }) => ({ expected, shown }));

for (
  const [text, url, weight] of [
    ["http://users-1:5000", "http://users-1:5000", 1],
    ["http://users-1:5000/", "http://users-1:5000", 1],
    ["http://users-1", "http://users-1", 1],
    ["http://users-1:80", "http://users-1", 1],
    ["https://users-1:443/", "https://users-1", 1],
    ["https://users-1:80", "https://users-1:80", 1],
    ["HTTP://Users-1:5000", "http://users-1:5000", 1],
    ["http://users-1:5000/base", "http://users-1:5000/base", 1],
    ["http://users-1:5000/base//", "http://users-1:5000/base", 1],
    ["http://users-1/a@b", "http://users-1/a@b", 1],
    ["http://[::1]:5050", "http://[::1]:5050", 1],
    ["http://users-1:65535", "http://users-1:65535", 1],
    ["http://users-1 weight=1", "http://users-1", 1],
    ["http://users-1 weight=100", "http://users-1", 100],
    ["  http://users-1\t  weight=7  ", "http://users-1", 7],
  ] as const
) {
  Deno.test(`backends: ${JSON.stringify(text)} is ${url} with the weight ${weight}`, () => {
    assertEquals(backends(text), [{ url, weight }]);
  });
}

Deno.test("backends: the list keeps its order, and blanks around entries and a last ; are ignored", () => {
  const expected = [{ url: "http://b", weight: 2 }, { url: "http://a", weight: 1 }];
  assertEquals(backends("http://b weight=2;http://a"), expected);
  assertEquals(backends(" http://b weight=2 ;\n http://a ; "), expected);
});

const INVALID = "must be a valid URL";
const HOSTS = "must have one host name or address in each URL, and ; between URLs";
const SEPARATED = "must have ; between backends";
const NOT_HTTP = "must start with http:// or https://";
const OPTIONS = "must have no option except weight=1 to weight=100, once per backend";
const ONCE = "must list each backend once";
const EMPTY = "must have a URL before and after each ;";

for (
  const [text, expected] of [
    ["users-1:5000", NOT_HTTP],
    ["users-1", NOT_HTTP],
    ["//users-1", NOT_HTTP],
    ["http:users-1", NOT_HTTP],
    ["http:/users-1", NOT_HTTP],
    ["ftp://users-1", NOT_HTTP],
    ["ws://users-1", NOT_HTTP],
    ["https+unix:/run/users.sock", NOT_HTTP],
    ["http://", INVALID],
    ["http://a b", OPTIONS],
    ["http://a:1,http://b:2", SEPARATED],
    ["http://a:65536", INVALID],
    ["http://a:-1", INVALID],
    ["http://a:x", INVALID],
    ["http://a,http://b", SEPARATED],
    ["http://a,b", SEPARATED],
    ["http://a/x, http://b", SEPARATED],
    ["http://a|http://b", SEPARATED],
    ["http://a\nhttp://b", SEPARATED],
    ["http://a b:81", SEPARATED],
    ["http://a*", HOSTS],
    ["http://a:0", "must not use port 0, which the Fetch standard blocks"],
    ["http://a?x=1", "must not have a query"],
    ["http://a/b?", "must not have a query"],
    ["http://a#x", "must not have a fragment"],
    ["http://a/b#", "must not have a fragment"],
    ["http://a weight=0", OPTIONS],
    ["http://a weight=101", OPTIONS],
    ["http://a weight=-1", OPTIONS],
    ["http://a weight=1.5", OPTIONS],
    ["http://a weight=", OPTIONS],
    ["http://a weight", OPTIONS],
    ["http://a weight=1x", OPTIONS],
    ["http://a Weight=1", OPTIONS],
    ["http://a weight=1 weight=2", OPTIONS],
    ["http://a backup", OPTIONS],
    ["http://a http://b", SEPARATED],
  ] as const
) {
  Deno.test(`backends: ${JSON.stringify(text)} is refused`, () => {
    assertEquals(refusals(text), [{ expected, shown: text }]);
  });
}

Deno.test("backends: the error for an empty list has an example", () => {
  const [complaint] = complaints("");
  assert(complaint!.expected.startsWith("must list at least one backend, such as http://"));
});

for (const text of [";", ";http://a", "http://a;;http://b"]) {
  Deno.test(`backends: ${text} has an entry without a URL`, () => {
    assertEquals(refusals(text), [{ expected: EMPTY, shown: "" }]);
  });
}

for (
  const [first, second] of [
    ["http://a", "http://a"],
    ["http://a", "http://a:80/"],
    ["http://a:80", "HTTP://A/ weight=2"],
    ["https://a:443", "https://a//"],
    ["http://a/b", "http://a/x/../b/"],
  ] as const
) {
  Deno.test(`backends: ${first} and ${second} are the same`, () => {
    assertEquals(refusals(`${first};${second}`), [{ expected: ONCE, shown: second }]);
  });
}

for (
  const [text, meant] of [
    ["http://a:81,http://b:82", "http://a:81;http://b:82"],
    ["http://a:81 , b:82,c", "http://a:81;http://b:82;http://c"],
    ["http://a weight=2\nhttp://b/x,y weight=3", "http://a weight=2;http://b/x,y weight=3"],
    ["a:81", "http://a:81"],
    ["a/base", "http://a/base"],
    ["http://a,ftp://b", undefined],
    ["http://a:1,b", undefined], // a blocked port
    ["http://a,", undefined],
    ["http://u:p@a,http://b", undefined],
    ["http://u:pass;word;x@a", undefined], // no half of a password
    ["ftp://a", undefined],
  ] as const
) {
  Deno.test(`backends: for ${JSON.stringify(text.replace("u:p", "…"))} the suggestion is ${meant}`, () => {
    assertEquals(complaints(text).map(({ meant }) => meant).find(() => true), meant);
    if (meant !== undefined) backends(meant);
  });
}

Deno.test("backends: an entry that is not valid is named by its place, if there are several", () => {
  const places = (text: string) => complaints(text).map(({ place }) => place);
  assertEquals(places("http://a;b;http://c;http://a;"), ["entry 2 of 4", "entry 4 of 4"]);
  assertEquals(places("b;"), [undefined]);
});

Deno.test("backends: a path may have a comma", () => {
  assertEquals(backends("http://a/x,y;http://b"), [
    { url: "http://a/x,y", weight: 1 },
    { url: "http://b", weight: 1 },
  ]);
});

Deno.test("backends: a host with two ports or two prefixes is two backends", () => {
  assertEquals(backends("http://a;http://a:81;http://a/b;http://a/B").length, 4);
});

for (
  const [text, shown] of [
    ["http://user:secret@a:5000", "***@a:5000"],
    ["http://secret@a", "***@a"],
    ["http://:secret@a/b weight=2", "***@a/b weight=2"],
    ["https://user:sec@ret@a", "***@a"],
    ["http://user:secret@a?x", "***@a?x"],
    ["ftp://user:secret@a", "***@a"],
    ["http://user:secret@a:x", "***@a:x"],
    ["http://user:secret@a weight=0", "***@a weight=0"],
    ["user:secret@users-1:5000", "***@users-1:5000"],
    ["http:user:secret@a", "***@a"],
    ["http:\\\\user:secret@a", "***@a"],
    ["http://user:sec/ret@a", "***@a"],
    ["http://user:my secret@a", "***@a"],
  ] as const
) {
  Deno.test(`backends: the credentials of ${text.replace(/sec@?ret/, "…")} are refused and not shown`, () => {
    const [complaint, ...more] = complaints(text);
    assertEquals([complaint!.shown, more], [shown, []]);
    assert(!JSON.stringify(complaint).includes("sec"));
  });
}

Deno.test("backends: neither half of a password with a ; in it is shown", () => {
  assertEquals(complaints("http://user:sec;ret@a").map(({ shown }) => shown), ["***", "***@a"]);
});

Deno.test("backends: the error for credentials names them", () => {
  assertEquals(
    complaints("http://user:secret@a")[0]!.expected,
    "must not have credentials",
  );
});

Deno.test("backends: each entry that is not valid is reported, in order", () => {
  assertEquals(
    complaints("http://a:0; http://b ;x;http://b:80;http://c weight=0").map(({ shown }) => shown),
    [
      "http://a:0",
      "x",
      "http://b:80",
      "http://c weight=0",
    ],
  );
});

/** https://fetch.spec.whatwg.org/#port-blocking, copied from the standard. */
// deno-fmt-ignore
const BLOCKED = [
  0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102,
  103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465,
  512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993,
  995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668,
  6669, 6679, 6697, 10080,
];

Deno.test("backends: exactly the ports that the Fetch standard blocks are refused", () => {
  const ports = Array.from({ length: 65536 }, (_, port) => port);
  const refused = ports.filter((port) => !isReading(readBackendUrl(`https://a:${port}`)));
  assertEquals(refused, BLOCKED);
});

Deno.test("backends: fetch refuses these ports itself", async () => {
  for (const port of BLOCKED) {
    await assertRejects(() => fetch(`http://127.0.0.1:${port}/`), TypeError, `port ${port} `);
  }
});

Deno.test("backends: a path can be appended to every URL that is accepted", () => {
  const url = fc.tuple(fc.constantFrom("http", "https"), fc.webAuthority(), anyPath())
    .map(([scheme, authority, path]) => `${scheme}://${authority}${path}`);
  fc.assert(fc.property(url, fc.integer({ min: 1, max: 100 }), (text, weight) => {
    fc.pre(!text.includes(";"));
    const [backend] = backends(`${text} weight=${weight}`);
    const { origin, pathname } = new URL(text);
    assertEquals(backend!.weight, weight);
    assert(!backend!.url.endsWith("/"));
    assertEquals(new URL(`${backend!.url}/x?y`).origin, origin);
    assertEquals(new URL(`${backend!.url}/x`).pathname, `${pathname.replace(/\/+$/, "")}/x`);
  }));
});

Deno.test("backends: names that stand for several are listed as well, each with what it was written as", () => {
  const list = valueOf({
    USERS_SERVICE: "dns+http://users:5000 weight=2; http://a;srv+http://_users._tcp.example",
  }, "USERS_SERVICE") as readonly { source?: { url: string }; weight: number }[];
  assertEquals(list.map(({ source, weight }) => [source?.url, weight]), [
    ["dns+http://users:5000", 2],
    [undefined, 1],
    ["srv+http://_users._tcp.example", 1],
  ]);
});

for (
  const [text, expected] of [
    ["dns+http://users,http://b", SEPARATED],
    ["dns+http://users dns+http://shop", SEPARATED],
    ["dns+http://users|srv+http://shop", SEPARATED],
    ["dns+http://10.0.0.1", "must have a name after dns+http://, as an address stands for itself"],
    ["dns+https://users", "must start with dns+http://: dns+https:// is not built yet"],
    ["srv+http://_users._tcp.x weight=2", "must have no weight, as SRV records say it"],
    ["dns+http://localhost:5000", "must not be this balancer itself"],
  ] as const
) {
  Deno.test(`backends: ${text} is refused`, () => {
    assertEquals(refusals(text), [{ expected, shown: text }]);
  });
}
