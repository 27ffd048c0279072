import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { isClientCertField, isForwardingField } from "../../lib/http/field_kinds.ts";
import { type Field, requestFields, responseFields } from "../../lib/http/headers.ts";
import { between, forwarded, FORWARDING, OURS } from "../support/forwarded_fields.ts";

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
  !SPECIAL.has(name.toLowerCase()) && !isForwardingField(name.toLowerCase()) &&
  !isClientCertField(name.toLowerCase())
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

for (const name of ["Client-Cert", "client_cert", "Client-Cert-Chain", "CLIENT_CERT_CHAIN"]) {
  Deno.test(`headers: ${name} of a peer is dropped, trusted or not`, () => {
    for (const trusted of [true, false]) {
      assertEquals(between(forwarded([[name, ":AAAA:"], ["a", "b"]], { trusted })), [["a", "b"]]);
    }
  });
}

Deno.test("headers: a certificate that the client has proved is forwarded, whatever it sends", () => {
  const sent: Field[] = [["Client-Cert", ":forged:"], ["Connection", "client-cert"]];
  const fields = forwarded(sent, { clientCert: ":AAAA:" });
  assertEquals(fields.filter(([name]) => name.toLowerCase() === "client-cert"), [
    ["client-cert", ":AAAA:"],
  ]);
});
