import { assertEquals } from "@std/assert";
import { forEachEngineAndSockets } from "../support/each_engine.ts";
import { differAt, patternedBody } from "../support/patterned_body.ts";

const KIB = 1024;
const AT_ONCE = 8;

/** The same bytes, such that fetch and Deno.serve send them chunked. */
const chunked = (bytes: Uint8Array<ArrayBuffer>) => new Blob([bytes]).stream();

await forEachEngineAndSockets(({ balance, test }) => {
  for (const size of [1, 20 * KIB, 64 * KIB, 64 * KIB + 1, 200 * KIB, 3 * KIB * KIB]) {
    for (const framing of ["of known length", "chunked"] as const) {
      test(`bodies: ${AT_ONCE} at once of ${size} bytes, ${framing}, pass byte for byte both ways`, async () => {
        const send = framing === "chunked" ? chunked : (bytes: Uint8Array<ArrayBuffer>) => bytes;
        const bodies = Array.from({ length: AT_ONCE }, (_, number) => patternedBody(size, number));
        const damaged: unknown[] = [];
        await using backend = Deno.serve(
          { port: 0, hostname: "127.0.0.1", onListen: () => {} },
          async (request) => {
            const number = Number(new URL(request.url).pathname.slice(1));
            const damage = differAt(await request.bytes(), bodies[number]!);
            if (damage !== undefined) damaged.push({ request: number, damage });
            return new Response(send(bodies[number]!));
          },
        );
        await using balancer = await balance([`http://127.0.0.1:${backend.addr.port}`]);
        const responses = await Promise.all(
          bodies.map((body, number) =>
            fetch(`${balancer.url}/${number}`, { method: "POST", body: send(body) })
          ),
        );
        // Only now are they read: until then each body waits where there is room for it.
        const received = await Promise.all(responses.map((response) => response.bytes()));
        for (const [number, body] of received.entries()) {
          const damage = differAt(body, bodies[number]!);
          if (damage !== undefined) damaged.push({ response: number, damage });
        }
        assertEquals(damaged, []);
      });
    }
  }
});
