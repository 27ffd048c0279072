import { assertEquals } from "@std/assert";
import { forEachEngine } from "../support/balancer.ts";

const KIB = 1024;
const AT_ONCE = 8;

/** A body in which every place, and every body, has bytes of its own. */
function bodyOf(number: number, size: number): Uint8Array<ArrayBuffer> {
  const body = new Uint8Array(size);
  for (let at = 0; at < size; at++) {
    body[at] = 31 * number + 7 * at + 13 * (at >> 8) + 5 * (at >> 16);
  }
  return body;
}

/** The same bytes, such that fetch and Deno.serve send them chunked. */
const chunked = (bytes: Uint8Array<ArrayBuffer>) => new Blob([bytes]).stream();

/** Compares without the millions of lines that a difference would print. */
function differAt(actual: Uint8Array, expected: Uint8Array): number | undefined {
  const at = expected.findIndex((byte, at) => actual[at] !== byte);
  return at !== -1 ? at : actual.length === expected.length ? undefined : expected.length;
}

forEachEngine(({ balance, test }) => {
  for (const size of [1, 20 * KIB, 64 * KIB, 64 * KIB + 1, 200 * KIB, 3 * KIB * KIB]) {
    for (const framing of ["of known length", "chunked"] as const) {
      test(`bodies: ${AT_ONCE} at once of ${size} bytes, ${framing}, pass byte for byte both ways`, async () => {
        const send = framing === "chunked" ? chunked : (bytes: Uint8Array<ArrayBuffer>) => bytes;
        const damaged: unknown[] = [];
        await using backend = Deno.serve(
          { port: 0, hostname: "127.0.0.1", onListen: () => {} },
          async (request) => {
            const number = Number(new URL(request.url).pathname.slice(1));
            const damage = differAt(await request.bytes(), bodyOf(number, size));
            if (damage !== undefined) damaged.push({ request: number, damage });
            return new Response(send(bodyOf(number, size)));
          },
        );
        await using balancer = await balance([`http://127.0.0.1:${backend.addr.port}`]);
        const ask = (number: number) =>
          fetch(`${balancer.url}/${number}`, { method: "POST", body: send(bodyOf(number, size)) });
        const responses = await Promise.all(Array.from({ length: AT_ONCE }, (_, n) => ask(n)));
        // Only now are they read: until then each body waits where there is room for it.
        const bodies = await Promise.all(responses.map((response) => response.bytes()));
        for (const [number, body] of bodies.entries()) {
          const damage = differAt(body, bodyOf(number, size));
          if (damage !== undefined) damaged.push({ response: number, damage });
        }
        assertEquals(damaged, []);
      });
    }
  }
});
