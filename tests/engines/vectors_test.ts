import { assert, assertEquals } from "@std/assert";
import { type EngineName, TCP_SCHEME } from "../support/balancer.ts";
import { forEachEngineAndSockets } from "../support/each_engine.ts";
import { bytesOf, exchangeBytes, responsesOf } from "../support/raw_client.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";
import { latin1, type ParsedRequest } from "../support/strict_parser.ts";
import vectors from "./http_vectors.json" with { type: "json" };

/** Vectors that HTTP wants forwarded, but the engine answers 400, because fetch resolves dot segments. */
const MAY_REFUSE: Record<EngineName, readonly string[]> = { web: ["dot-segments"], tcp: [] };

await forEachEngineAndSockets(({ engine, balance, test }) => {
  /** One raw request, and what RFC 9110 and 9112 expect of a proxy. */
  interface Vector {
    readonly name: string;
    /** `\r \n \t \xNN \\` are escapes; `<<text*N>>` stands for N times text. */
    readonly request_escaped: string;
    /** `reject` and `noforward`: not forwarded; `either`: rejected, or forwarded as `backend` says. */
    readonly expect: string;
    readonly rfc: string;
    readonly status?: readonly number[];
    readonly backend?: Expected;
    readonly client?: { readonly responses?: number };
  }

  /** What the backend must have received if it was forwarded. */
  interface Expected {
    readonly target?: string;
    readonly host?: string;
    readonly body?: string;
    readonly count?: number;
    readonly has?: Readonly<Record<string, string>>;
    readonly lacks?: readonly string[];
    readonly order?: Readonly<Record<string, readonly string[]>>;
  }

  /**
   * How long a connection may stay open: most vectors are answered and closed long before. Over TLS it takes a
   * handshake first, and other tests may keep the machine busy.
   */
  const CLOSE_AFTER_MS = engine === "tcp" && TCP_SCHEME === "https" ? 1_500 : 400;

  for (const vector of vectors as unknown as readonly Vector[]) {
    test(`vectors: ${vector.name} (RFC ${vector.rfc})`, async () => {
      await using backend = new ScriptedBackend("users-1");
      await using balancer = balance([backend.url]);
      const bytes = bytesOf(unescape(vector.request_escaped));
      const received = await exchangeBytes(
        balancer.port,
        bytes,
        CLOSE_AFTER_MS,
        (received) => countOf(received) >= (vector.client?.responses ?? vector.backend?.count ?? 1),
      );
      const responses = responsesOf(received);
      const forwarded = backend.requests;

      assertEquals(backend.ambiguous, []);
      assert(!forwarded.some(({ target }) => target.includes("SMUGGLED")), "smuggled");
      const expect = MAY_REFUSE[engine].includes(vector.name) ? "either" : vector.expect;
      if (expect === "reject" || expect === "noforward") {
        assertEquals(forwarded, []);
        if (vector.status && responses.length > 0) {
          assert(vector.status.includes(responses[0]!.status), String(responses[0]!.status));
        }
      } else if (expect === "forward" || forwarded.length > 0) {
        assertEquals(forwarded.length, vector.backend?.count ?? 1);
        check(forwarded[0]!, vector.backend ?? {});
      } else {
        const [response] = responses; // rejected: by a reply, or by closing
        assert(response === undefined || response.status >= 400);
      }
      if (vector.client?.responses) assertEquals(responses.length, vector.client.responses);
    });
  }

  function check(request: ParsedRequest, expected: Expected): void {
    const values = (name: string) =>
      request.fields.filter(([n]) => n === name).map(([, value]) => value);
    if (expected.target !== undefined) assertEquals(request.target, expected.target);
    if (expected.host !== undefined) assertEquals(values("host"), [expected.host]);
    if (expected.body !== undefined) {
      assertEquals(latin1(request.body), unescape(expected.body));
    }
    for (const [name, value] of Object.entries(expected.has ?? {})) {
      assertEquals(values(name), [value]);
    }
    for (const lacked of expected.lacks ?? []) {
      const [name = "", value] = lacked.split("=");
      assert(
        value === undefined ? values(name).length === 0 : !values(name).includes(value),
        lacked,
      );
    }
    for (const [name, order] of Object.entries(expected.order ?? {})) {
      assertEquals(values(name), order);
    }
  }

  function unescape(text: string): string {
    return text
      .replace(
        /<<([^*>]+)\*(\d+)>>/g,
        (_, part: string, times: string) => part.repeat(Number(times)),
      )
      .replace(/<<WAIT100>>/g, "")
      .replace(
        /\\(r|n|t|\\|x[0-9a-fA-F]{2})/g,
        (_, code: string) =>
          code[0] === "x"
            ? String.fromCharCode(parseInt(code.slice(1), 16))
            : { r: "\r", n: "\n", t: "\t", "\\": "\\" }[code]!,
      );
  }
});

/** The number of whole responses so far. */
function countOf(received: Uint8Array): number {
  try {
    return responsesOf(received).length;
  } catch {
    return 0; // the last one is not whole yet
  }
}
