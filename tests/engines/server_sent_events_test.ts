/** Streams of events (text/event-stream): each leaves when it comes. */
import { assert, assertEquals } from "@std/assert";
import { forEachEngine } from "../support/each_engine.ts";
import { connectSecurely, LOCALHOST_TLS } from "../support/certificates.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { type BackendSide, RawBackend } from "../support/raw_backend.ts";
import { Dialogue } from "../support/raw_client.ts";

const GET = "GET /events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n";
const HEAD = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n";
const EVENTS = 20;

const FRAMINGS = {
  chunks: {
    head: `${HEAD}Transfer-Encoding: chunked\r\n\r\n`,
    event: (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`,
  },
  "no length": { head: `${HEAD}Connection: close\r\n\r\n`, event: (text: string) => text },
};

/** Sends the next event only when it is told to. */
class EventBackend extends RawBackend {
  #told = Promise.withResolvers<void>();
  /** Whether the balancer has closed the stream. */
  isClosed = false;

  constructor({ head, event }: typeof FRAMINGS["chunks"]) {
    super(async (side) => {
      await side.until("\r\n\r\n");
      await side.send(head);
      const gone = untilClosed(side);
      gone.then(() => this.isClosed = true);
      for (let number = 1;; number++) {
        await Promise.race([this.#told.promise, gone]);
        this.#told = Promise.withResolvers();
        await side.send(event(`data: ${number}\n\n`)).catch(() => {}); // it may be closed
        if (await Promise.race([gone, Promise.resolve(false)])) return;
      }
    });
  }

  tell(): void {
    this.#told.resolve();
  }
}

async function untilClosed(side: BackendSide): Promise<true> {
  while (await side.readBytes().catch(() => null) !== null);
  return true;
}

forEachEngine(({ balance, test }) => {
  for (const [how, tls] of [["HTTP", undefined], ["TLS", LOCALHOST_TLS]] as const) {
    const open = async (port: number) =>
      tls === undefined ? await Dialogue.open(port) : new Dialogue(await connectSecurely(port));
    const options = tls === undefined ? {} : { tls };

    for (const [framing, form] of Object.entries(FRAMINGS)) {
      test(`events over ${how}: with ${framing}, each arrives before the next one is sent`, async () => {
        await using backend = new EventBackend(form);
        await using balancer = balance([backend.url], options);
        using client = await open(balancer.port);
        await client.send(GET);
        for (let number = 1; number <= EVENTS; number++) {
          backend.tell();
          await client.until(`data: ${number}\n\n`);
        }
        client[Symbol.dispose]();
        while (!backend.isClosed) { // an event that nobody takes shows it
          backend.tell();
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      });
    }

    test(`events over ${how}: once its client is gone, a quiet stream is closed, and nobody is blamed`, async () => {
      const clock = new ManualClock();
      await using backend = new EventBackend(FRAMINGS.chunks);
      const long = { idleTimeout: 120_000, firstByteTimeout: 120_000 };
      await using balancer = balance([backend.url], { ...options, ...long, clock });
      const client = await open(balancer.port);
      await client.send(GET);
      backend.tell();
      await client.until("data: 1\n\n");
      client[Symbol.dispose]();
      await clock.advanceUntil(() => backend.isClosed);
      await clock.advanceUntil(() => balancer.entries.length === 1);
      assertEquals([balancer.changes, balancer.entries[0]!.status], [[], 499]);
    });

    test(`events over ${how}: a stream without any for timeouts.idle ends, one with some in time does not`, async () => {
      await using backend = new EventBackend(FRAMINGS.chunks);
      const clock = new ManualClock();
      await using balancer = balance([backend.url], { ...options, idleTimeout: 400, clock });
      using client = await open(balancer.port);
      await client.send(GET);
      for (let number = 1; number <= 5; number++) {
        backend.tell();
        await client.until(`data: ${number}\n\n`);
        if (number < 5) await clock.advance(300);
      }
      const took = await clock.advanceUntil(() => balancer.entries.length === 1);
      assert(took >= 400, `${took} ms`);
      await client.rest().catch(() => {}); // over TLS it is an end without a word
      while (!backend.isClosed) await new Promise((resolve) => setTimeout(resolve, 5));
      assertEquals(balancer.entries[0]!.broken, "the response stalled");
    });
  }
});
