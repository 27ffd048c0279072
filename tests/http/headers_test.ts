import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  type Field,
  type Forwarding,
  isForwardingField,
  requestFields,
  responseFields,
} from "../../lib/http/headers.ts";

const FORWARDING: Forwarding = {
  clientAddress: "192.0.2.1",
  trusted: false,
  scheme: "http",
  version: "1.1",
  instanceName: "roundabout",
  host: "a.test:81",
  newRequestId: () => "made",
  passesTrailers: false,
  passesExpect: false,
};

/** The proxy's own lines for a request that had only Host. */
const OURS: readonly Field[] = [
  ["x-forwarded-for", "192.0.2.1"],
  ["x-forwarded-proto", "http"],
  ["x-forwarded-host", "a.test:81"],
  ["via", "1.1 roundabout"],
  ["x-request-id", "made"],
];

const forwarded = (fields: Field[], forwarding: Partial<Forwarding> = {}) =>
  requestFields(fields, { ...FORWARDING, ...forwarding });

const values = (fields: readonly Field[], name: string) =>
  fields.filter(([n]) => n.toLowerCase() === name).map(([, value]) => value);

/** The field lines between Host and the proxy's own. */
const between = (fields: Field[]) => {
  assertEquals(fields[0], ["host", "a.test:81"]);
  assertEquals(fields.slice(-OURS.length), OURS);
  return fields.slice(1, -OURS.length);
};

const HOP_BY_HOP = [
  "Connection",
  "HTTP2-Settings",
  "Keep-Alive",
  "Proxy-Authenticate",
  "Proxy-Authorization",
  "Proxy-Connection",
  "TE",
  "Trailer",
  "Transfer-Encoding",
  "Upgrade",
];

for (const name of HOP_BY_HOP) {
  Deno.test(`headers: ${name} is not forwarded, in any case, both ways`, () => {
    for (const spelt of [name, name.toLowerCase(), name.toUpperCase()]) {
      const fields: Field[] = [["X-A", "1"], [spelt, "x"], ["X-B", "2"], [spelt, "y"]];
      assertEquals(between(forwarded(fields)), [["X-A", "1"], ["X-B", "2"]]);
      assertEquals(responseFields(fields, 200), [["X-A", "1"], ["X-B", "2"]]);
    }
  });
}

Deno.test("headers: a 426 keeps Upgrade, with its own option in Connection", () => {
  const fields: Field[] = [["Connection", "upgrade"], ["Upgrade", "TLS/1.3"], ["X-A", "1"]];
  const kept: Field[] = [["X-A", "1"], ["connection", "upgrade"], ["Upgrade", "TLS/1.3"]];
  assertEquals(responseFields(fields, 426), kept);
  assertEquals(responseFields([["X-A", "1"]], 426), [["X-A", "1"]]);
  assertEquals(responseFields(fields, 425), [["X-A", "1"]]);
});

Deno.test("headers: fields that Connection names are not forwarded, in any case, both ways", () => {
  const fields: Field[] = [
    ["x-private", "1"],
    ["X-Kept", "2"],
    ["CONNECTION", "close, X-Private ,,\tX-OTHER"],
    ["X-Other", "3"],
    ["connection", "x-third"],
    ["x-THIRD", "4"],
    ["X-Private-Too", "5"],
  ];
  assertEquals(between(forwarded(fields)), [["X-Kept", "2"], ["X-Private-Too", "5"]]);
  assertEquals(responseFields(fields, 200), [["X-Kept", "2"], ["X-Private-Too", "5"]]);
});

Deno.test("headers: Connection cannot remove Host, Content-Length or Date", () => {
  const fields: Field[] = [
    ["Connection", "Host, content-length, DATE"],
    ["Content-Length", "5"],
    ["Date", "today"],
  ];
  const kept: Field[] = [["Content-Length", "5"], ["Date", "today"]];
  assertEquals(between(forwarded(fields)), kept);
  assertEquals(responseFields(fields, 200), kept);
});

Deno.test("headers: Connection cannot remove the proxy's own lines", () => {
  const named = "X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Host, Via, X-Request-Id";
  assertEquals(between(forwarded([["Connection", named]], { trusted: true })), []);
});

Deno.test("headers: lines of one name stay apart and in order, both ways", () => {
  const fields: Field[] = [["X-D", "1"], ["Cookie", "a"], ["x-d", ""], ["Cookie", "b"], [
    "X-D",
    "2",
  ]];
  assertEquals(between(forwarded(fields)), fields);
  assertEquals(responseFields(fields, 200), fields);
});

Deno.test("headers: Host comes first, once, and is the host that the request is for", () => {
  const fields = forwarded([["X-A", "1"], ["HOST", "other.test"], ["Host", "third.test"]]);
  assertEquals(fields, [["host", "a.test:81"], ["X-A", "1"], ...OURS]);
});

Deno.test("headers: all X-Forwarded-* of an untrusted peer are dropped, also those that the proxy does not set", () => {
  const fields: Field[] = [
    ["X-Forwarded-For", "9.9.9.9"],
    ["x-forwarded-proto", "https"],
    ["X-FORWARDED-HOST", "evil.test"],
    ["X-Forwarded-Port", "1"],
    ["X-Forwarded-Prefix", "/admin"],
  ];
  assertEquals(between(forwarded(fields)), []);
});

const FORWARDING_NAMES = [
  "X_Forwarded_For",
  "x-forwarded_for",
  "X-Forwarded_Proto",
  "X_FORWARDED-HOST",
  "X.Forwarded.For",
  "X_Forwarded_Prefix",
  "X-Forwarded-Ssl",
  "Forwarded",
  "X-Real-IP",
  "x_real_ip",
  "X-Original-URL",
  "X_Original-URL",
  "X-Rewrite-URL",
  "X~Rewrite_URL",
];

for (const name of FORWARDING_NAMES) {
  Deno.test(`headers: ${name} of an untrusted peer is dropped, of a trusted peer and a backend kept`, () => {
    const fields: Field[] = [["X-A", "1"], [name, "6.6.6.6"], ["X-B", "2"]];
    assertEquals(between(forwarded(fields)), [["X-A", "1"], ["X-B", "2"]]);
    assertEquals(between(forwarded(fields, { trusted: true })), fields);
    assertEquals(responseFields(fields, 200), fields);
  });
}

Deno.test("headers: names that only resemble them pass", () => {
  const fields = ["X-Forwarded", "XForwarded-For", "X-Real-IPs", "X-Real", "Forwarded-For", "X_Own"]
    .map((name): Field => [name, "1"]);
  assertEquals(between(forwarded(fields)), fields);
});

Deno.test("headers: a trusted peer's X-Forwarded-For is appended to, over several lines", () => {
  const fields = forwarded([
    ["X-Forwarded-For", "9.9.9.9"],
    ["X-A", "1"],
    ["x-forwarded-for", "8.8.8.8, 7.7.7.7"],
  ], { trusted: true });
  assertEquals(values(fields, "x-forwarded-for"), ["9.9.9.9, 8.8.8.8, 7.7.7.7, 192.0.2.1"]);
});

Deno.test("headers: a trusted peer's other X-Forwarded-* are kept, and what is missing is set", () => {
  const kept: Field[] = [["X-Forwarded-Proto", "https"], ["X-Forwarded-Port", "443"]];
  const fields = forwarded(kept, { trusted: true });
  assertEquals(fields.slice(1, 3), kept);
  assertEquals(values(fields, "x-forwarded-proto"), ["https"]);
  assertEquals(values(fields, "x-forwarded-host"), ["a.test:81"]);
  assertEquals(values(fields, "x-forwarded-for"), ["192.0.2.1"]);
  const host = forwarded([["X-Forwarded-Host", "edge.test"]], { trusted: true });
  assertEquals(values(host, "x-forwarded-host"), ["edge.test"]);
  assertEquals(values(host, "x-forwarded-proto"), ["http"]);
});

Deno.test("headers: X-Forwarded-Proto is the scheme of the request", () => {
  assertEquals(values(forwarded([], { scheme: "https" }), "x-forwarded-proto"), ["https"]);
});

Deno.test("headers: Via is appended to, over several lines, with the version received", () => {
  assertEquals(values(forwarded([], { version: "2" }), "via"), ["2 roundabout"]);
  const fields = forwarded([["Via", "1.0 edge"], ["VIA", "2 inner (x)"]]);
  assertEquals(values(fields, "via"), ["1.0 edge, 2 inner (x), 1.1 roundabout"]);
});

Deno.test("headers: a response gets no Via and keeps those it has", () => {
  assertEquals(responseFields([["Via", "1.1 backend"]], 200), [["Via", "1.1 backend"]]);
});

Deno.test("headers: an X-Request-Id that was received is kept, and none is made", () => {
  const newRequestId = () => {
    throw new Error("made an id that is not needed");
  };
  const fields = forwarded([["X-Request-ID", "mine"]], { newRequestId });
  assertEquals(values(fields, "x-request-id"), ["mine"]);
  assertEquals(values(forwarded([]), "x-request-id"), ["made"]);
});

for (
  const [given, expected] of [["7", "6"], ["1", "0"], ["0", "0"], ["010", "9"], ["x", "x"], [
    "-1",
    "-1",
  ]]
) {
  Deno.test(`headers: Max-Forwards ${given} becomes ${expected}`, () => {
    const fields = forwarded([["X-A", "1"], ["Max-Forwards", given!], ["X-B", "2"]]);
    assertEquals(between(fields), [["X-A", "1"], ["Max-Forwards", expected!], ["X-B", "2"]]);
  });
}

Deno.test("headers: Expect: 100-continue is not forwarded, any other expectation is", () => {
  assertEquals(between(forwarded([["Expect", "100-continue"], ["expect", "100-Continue"]])), []);
  const other: Field[] = [["Expect", "100-continue, other"], ["Expect", "tea"]];
  assertEquals(between(forwarded(other)), other);
});

Deno.test("headers: Expect: 100-continue is forwarded unchanged if passesExpect is set", () => {
  const fields: Field[] = [["Expect", "100-continue"], ["X-A", "1"], ["EXPECT", "100-Continue"]];
  assertEquals(between(forwarded(fields, { passesExpect: true })), fields);
  const named: Field[] = [["Connection", "expect"], ...fields];
  assertEquals(between(forwarded(named, { passesExpect: true })), [["X-A", "1"]]);
});

Deno.test("headers: Trailer is forwarded if trailers are, unless Connection names it", () => {
  const fields: Field[] = [["Trailer", "x-sum"], ["TE", "trailers"], ["TRAILER", "x-b"]];
  const kept: Field[] = [["Trailer", "x-sum"], ["TRAILER", "x-b"]];
  assertEquals(between(forwarded(fields, { passesTrailers: true })), kept);
  const named: Field[] = [...fields, ["Connection", "close, Trailer"]];
  assertEquals(between(forwarded(named, { passesTrailers: true })), []);
});

Deno.test("headers: if trailers are forwarded, no other hop-by-hop field is", () => {
  const fields = HOP_BY_HOP.filter((name) => name !== "Trailer").map((name): Field => [name, "x"]);
  assertEquals(between(forwarded(fields, { passesTrailers: true, passesExpect: true })), []);
});

Deno.test("headers: a request without a host gets no X-Forwarded-Host", () => {
  const fields = forwarded([["Host", "other.test"]], { host: "" });
  assertEquals(fields, [["host", ""], ...OURS.filter(([name]) => name !== "x-forwarded-host")]);
  const kept: Field = ["X-Forwarded-Host", "edge.test"];
  const trusted = forwarded([kept], { host: "", trusted: true });
  assertEquals(trusted.filter(([name]) => /^x-forwarded-host$/i.test(name)), [kept]);
});

Deno.test("headers: the lines received are not changed", () => {
  const fields: Field[] = [["Connection", "X-A"], ["X-A", "1"], ["Via", "1.0 edge"]];
  const before = structuredClone(fields);
  requestFields(Object.freeze(fields), FORWARDING);
  responseFields(Object.freeze(fields), 200);
  assertEquals(fields, before);
});

const TOKEN = fc.stringMatching(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,20}$/);
const SPECIAL = new Set(
  [...HOP_BY_HOP, "Host", "Via", "Max-Forwards", "Expect", "X-Request-Id"]
    .map((name) => name.toLowerCase()),
);
const OWN_NAME = TOKEN.filter((name) =>
  !SPECIAL.has(name.toLowerCase()) && !isForwardingField(name.toLowerCase())
);
const OWN_FIELDS = fc.array(fc.tuple(OWN_NAME, fc.string()), { maxLength: 30 });

Deno.test("headers: all other fields are unchanged and in order, trusted or not, both ways", () => {
  fc.assert(fc.property(OWN_FIELDS, fc.boolean(), (fields, trusted) => {
    assertEquals(between(forwarded(fields, { trusted })), fields);
    assertEquals(responseFields(fields, 200), fields);
  }));
});

Deno.test("headers: Connection removes exactly the fields that it names", () => {
  const lines = fc.array(fc.tuple(fc.constantFrom("a", "B", "c-D", "Xyz"), fc.string()));
  const named = fc.subarray(["a", "b", "C-d", "xYZ"]);
  fc.assert(fc.property(lines, named, fc.nat(), (fields, names, seed) => {
    const gone = new Set(names.map((name) => name.toLowerCase()));
    const expected = fields.filter(([name]) => !gone.has(name.toLowerCase()));
    const connection: Field = ["Connection", names.join(" ,")];
    const all: Field[] = [...fields];
    all.splice(seed % (all.length + 1), 0, connection);
    assertEquals(between(forwarded(all)), expected);
    assertEquals(responseFields(all, 200), expected);
  }));
});

Deno.test("headers: for any input, no hop-by-hop field is forwarded", () => {
  const name = fc.oneof(
    fc.constantFrom(...HOP_BY_HOP),
    fc.mixedCase(fc.constantFrom(...HOP_BY_HOP)),
  );
  const lines = fc.array(fc.tuple(fc.oneof(name, TOKEN), fc.string()));
  fc.assert(fc.property(lines, fc.boolean(), (fields, trusted) => {
    const hops = new Set(HOP_BY_HOP.map((name) => name.toLowerCase()));
    for (const out of [forwarded(fields, { trusted }), responseFields(fields, 200)]) {
      assert(out.every(([name]) => !hops.has(name.toLowerCase())));
    }
  }));
});
