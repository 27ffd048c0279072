/** The field lines that say whom a request comes from and through: whose are believed, and which are added. */
import { assertEquals } from "@std/assert";
import { type Field, responseFields } from "../../lib/http/headers.ts";
import { between, forwarded, OURS, values } from "../support/forwarded_fields.ts";

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

Deno.test("headers: a request without a host gets no X-Forwarded-Host", () => {
  const fields = forwarded([["Host", "other.test"]], { host: "" });
  assertEquals(fields, [["host", ""], ...OURS.filter(([name]) => name !== "x-forwarded-host")]);
  const kept: Field = ["X-Forwarded-Host", "edge.test"];
  const trusted = forwarded([kept], { host: "", trusted: true });
  assertEquals(trusted.filter(([name]) => /^x-forwarded-host$/i.test(name)), [kept]);
});
