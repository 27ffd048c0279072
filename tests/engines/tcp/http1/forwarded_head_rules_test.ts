import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type Field, requestFields } from "../../../../lib/http/headers.ts";
import { ProxyLines } from "../../../../lib/engines/tcp/http1/proxy_lines.ts";
import { CLIENT, forward, lines, write } from "../../../support/head_writer.ts";

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
  line("x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-any"),
  line("x_forwarded_for", "x.forwarded-proto", "forwarded", "x-real-ip", "x_original_url"),
  fc.tuple(fc.stringMatching(/^X[A-Za-z0-9!#$%&'*+.^_`|~-]{1,19}$/), VALUE),
  fc.tuple(fc.constant("Max-Forwards"), fc.constantFrom("0", "3", "10", "x")),
  fc.tuple(fc.constant("connection"), fc.constantFrom("close", "X-Own, trailer", "via ,expect")),
));
/** One line of each kind at most, as most proxies send them. */
const ONE_EACH = fc.tuple(
  ...["via", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-port"].map(
    (name) => line(name),
  ),
  line("x-request-id"),
  line(...HOP, "trailer"),
  line("x-own"),
).chain((all) => fc.shuffledSubarray(all));
const HOST = fc.constantFrom("a.test", "b.test", "a.test:81");

interface Parts {
  received: Field[];
  framing: Field[];
  place: number;
  target: string;
  minor: number;
  /** The value of Host; undefined if there is none. */
  host: string | undefined;
}

/** A request whose framing lines and Host are somewhere among the others. */
function requestOf({ received, framing, place, ...request }: Parts) {
  const fields: Field[] = [...received];
  const put = request.host === undefined ? framing : [...framing, ["Host", request.host] as const];
  for (const field of put) fields.splice(place % (fields.length + 1), 0, field);
  const written = fields.map(([name, value]) => `${name}:${value}`);
  return {
    ...request,
    fields,
    head: [`GET ${request.target} HTTP/1.${request.minor}`, ...written],
  };
}

const FRAMING = fc.array(fc.constant<Field>(["Content-Length", "5"]), { maxLength: 2 });
const ANY = fc.record({
  received: LINES,
  framing: FRAMING,
  place: fc.nat(),
  target: fc.constantFrom("/v", "http://x.test/v", "http://x.test?x"),
  minor: fc.constantFrom(0, 1),
  host: fc.option(HOST, { nil: undefined }),
}).map((parts) =>
  requestOf(parts.minor === 1 ? { ...parts, host: parts.host ?? "a.test" } : parts)
);
const PROXIED = fc.record({
  received: ONE_EACH,
  framing: FRAMING,
  place: fc.nat(),
  target: fc.constant("/v"),
  minor: fc.constant(1),
  host: HOST,
}).map(requestOf);

/** The lines that a backend gets, by the shared rules. */
function linesByRules(request: ReturnType<typeof requestOf>, trusted: boolean): string[] {
  const { fields, head, minor, target, host } = request;
  const absolute = target.startsWith("http");
  const received = fields.map(([name, value]): Field => [name, value.replace(BLANKS, "")]);
  const hostAt = received.findIndex(([name]) => name === "Host");
  const result = requestFields(received, {
    clientAddress: CLIENT,
    trusted,
    scheme: "http",
    version: `1.${minor}`,
    instanceName: "roundabout",
    host: absolute ? "x.test" : host ?? "",
    newRequestId: () => "ID",
    passesTrailers: true,
    passesExpect: minor === 1,
  });
  const firstLength = received.findIndex(([name]) => name === "Content-Length");
  const kept = head.slice(1).filter((_, at) =>
    at === hostAt ? !absolute : result.includes(received[at]!) &&
      (received[at]![0] !== "Content-Length" || at === firstLength)
  );
  const added = absolute ? ["host: x.test"] : hostAt === -1 ? ["host: b.test:81"] : [];
  const ours = result.slice(1).filter((field) => !received.includes(field));
  const changed = ours.filter(([name]) => name === "Max-Forwards");
  const own = [...changed, ...ours.filter((field) => !changed.includes(field))]
    .map(([name, value]) => `${name.toLowerCase()}: ${value}`);
  return [...added, ...kept, ...own];
}

for (
  const [what, request] of [["any requests", ANY], [
    "requests from other proxies",
    PROXIED,
  ]] as const
) {
  Deno.test(`forwarded head: ${what} get the lines that lib/http/headers.ts asks for`, () => {
    const requests = fc.array(request, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(requests, fc.boolean(), (requests, trusted) => {
        const proxyLines = new ProxyLines(
          { address: CLIENT, scheme: "http" },
          trusted,
          "roundabout",
        ); // all on one connection
        for (const request of requests) {
          const lines = forward(request.head, { proxyLines });
          assertEquals(lines.slice(1), linesByRules(request, trusted));
        }
      }),
      { seed: 20261122, numRuns: 1_000 },
    );
  });
}

Deno.test("forwarded head: write never needs more bytes than maxLength returns", () => {
  const long = fc.integer({ min: 1, max: 512 }).map((length) => "a".repeat(length));
  const upgrade = fc.option(long, { nil: undefined });
  const requests = fc.oneof(ANY, PROXIED), trust = fc.boolean();
  fc.assert(
    fc.property(requests, trust, long, long, upgrade, (request, trusted, prefix, host, upgrade) => {
      const { head, minor, fields } = request;
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
