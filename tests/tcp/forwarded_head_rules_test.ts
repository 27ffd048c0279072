import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type Field, requestFields } from "../../lib/headers.ts";
import { CLIENT, forward, lines, write } from "../support/head_writer.ts";

const BLANKS = /^[ \t]+|[ \t]+$/g;
const HOP = ["Keep-Alive", "Proxy-Connection", "TE", "HTTP2-Settings", "Proxy-Authorization"];
const VALUE = fc.stringMatching(/^[\t\x20-\x7e\x80-\xff]*$/);
const line = (...names: string[]) =>
  fc.tuple(
    fc.mixedCase(fc.constantFrom(...names)),
    fc.oneof(fc.constantFrom("100-Continue", "", "a, b", "\t x  "), VALUE),
  );
const LINES = fc.array(fc.oneof(
  line(...HOP, "trailer", "via", "expect", "x-request-id", "x-own"),
  line("x-forwarded-for", "x-forwarded-host", "x-forwarded-any"),
  fc.tuple(fc.stringMatching(/^X[A-Za-z0-9!#$%&'*+.^_`|~-]{1,19}$/), VALUE),
  fc.tuple(fc.constant("Max-Forwards"), fc.constantFrom("0", "3", "10", "x")),
  fc.tuple(fc.constant("connection"), fc.constantFrom("close", "X-Own, trailer", "via ,expect")),
));
const REQUEST = fc.record({
  received: LINES,
  framing: fc.array(fc.constant<Field>(["Content-Length", "5"]), { maxLength: 2 }),
  place: fc.nat(),
  target: fc.constantFrom("/v", "http://x.test/v", "http://x.test?x"),
  minor: fc.constantFrom(0, 1),
  namesHost: fc.boolean(),
  trusted: fc.boolean(),
}).map(({ received, framing, place, ...request }) => {
  const fields: Field[] = [...received];
  if (request.namesHost || request.minor === 1) framing.push(["Host", "a.test"]);
  for (const field of framing) fields.splice(place % (fields.length + 1), 0, field);
  const written = fields.map(([name, value]) => `${name}:${value}`);
  return {
    ...request,
    fields,
    head: [`GET ${request.target} HTTP/1.${request.minor}`, ...written],
  };
});

Deno.test("forwarded head: by the rules of the core lines stay as they came, or are ours", () => {
  fc.assert(
    fc.property(REQUEST, ({ fields, head, minor, target, trusted }) => {
      const absolute = target.startsWith("http");
      const received = fields.map(([name, value]): Field => [name, value.replace(BLANKS, "")]);
      const hostAt = received.findIndex(([name]) => name === "Host");
      const result = requestFields(received, {
        clientAddress: CLIENT,
        trusted,
        scheme: "http",
        version: `1.${minor}`,
        host: absolute ? "x.test" : hostAt === -1 ? "" : "a.test",
        newRequestId: () => "ID",
        passesTrailers: true,
        passesExpect: minor === 1,
      });
      const firstLength = received.findIndex(([name]) => name === "Content-Length");
      const kept = head.slice(1).filter((_, at) =>
        at === hostAt ? !absolute : result.includes(received[at]!) &&
          (received[at]![0] !== "Content-Length" || at === firstLength)
      );
      const host = absolute ? ["host: x.test"] : hostAt === -1 ? ["host: b.test:81"] : [];
      const ours = result.slice(1).filter((field) => !received.includes(field));
      const changed = ours.filter(([name]) => name === "Max-Forwards");
      const own = [...changed, ...ours.filter((field) => !changed.includes(field))]
        .map(([name, value]) => `${name.toLowerCase()}: ${value}`);
      assertEquals(forward(head, { trusted }).slice(1), [...host, ...kept, ...own]);
    }),
    { seed: 20261122, numRuns: 1_000 },
  );
});

Deno.test("forwarded head: it never takes more than the bytes it says it may", () => {
  const long = fc.integer({ min: 1, max: 512 }).map((length) => "a".repeat(length));
  const upgrade = fc.option(long, { nil: undefined });
  fc.assert(
    fc.property(REQUEST, long, long, upgrade, (request, prefix, host, upgrade) => {
      const { head, minor, fields, trusted } = request;
      const chunked = minor === 1 && fields.every(([name]) => name !== "Content-Length");
      const text = [...head, ...(chunked ? ["Transfer-Encoding:chunked"] : [])];
      const authority = `${host.slice(0, 253)}:65535`; // RFC 1035, 2.3.4
      const { end, maxLength } = write(
        lines(...text.map((line) => line.replace("x.test", host))),
        { prefix: `/${prefix}`, authority, trusted, upgrade },
      );
      assert(end <= maxLength, `${end} > ${maxLength}`);
    }),
    { seed: 20261122, numRuns: 1_000 },
  );
});
