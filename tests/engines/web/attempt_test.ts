import { assert, assertEquals } from "@std/assert";
import {
  BACKEND_TAKES_NOTHING,
  CLIENT_GONE,
  CLIENT_STALLED,
  CLIENT_TAKES_NOTHING,
  NO_FIRST_BYTE,
  STALLED,
} from "../../../lib/engines/shared/failures.ts";
import { type Failed, failed } from "../../../lib/outcome.ts";
import { WebAttempt } from "../../../lib/engines/web/attempt.ts";
import type { WebRequest } from "../../../lib/engines/web/request.ts";
import { TICK_MS, Wheel } from "../../../lib/time/timer_wheel.ts";

const TIMEOUTS = { connect: 2_000, firstByte: 10_000, idle: 5_000 };

/** What an attempt reads of a body. */
interface FakeBody {
  complete: boolean;
  awaitsClient: boolean;
}

interface Given {
  readonly body?: FakeBody;
  readonly timeouts?: Partial<typeof TIMEOUTS>;
  /** The result of a connect check; undefined if none is made. */
  readonly checkConnect?: () => Promise<Failed | undefined>;
}

/** An attempt that has begun to wait, on a wheel that the test turns. */
function begun({ body, timeouts, checkConnect }: Given = {}) {
  const wheel = new Wheel(0);
  let leave: (() => void) | undefined;
  const checks: number[] = [];
  const request = { body, whenClientGone: (callback: () => void) => leave = callback };
  const attempt = new WebAttempt({
    request: request as unknown as WebRequest,
    wheel,
    timeouts: { ...TIMEOUTS, ...timeouts },
    connectCheck: checkConnect && {
      run(timeout) {
        checks.push(timeout);
        return checkConnect();
      },
    },
  });
  attempt.begin();
  const pass = async (milliseconds: number) => {
    for (const until = wheel.now + milliseconds; wheel.now < until;) {
      wheel.turn(wheel.now + TICK_MS);
      await null; // the result of a check arrives
      await null;
    }
  };
  /** When it is aborted, on the wheel's clock. */
  const end = async () => {
    while (!attempt.signal.aborted && wheel.now < 200_000) await pass(TICK_MS);
    return [attempt.signal.aborted ? wheel.now : Infinity, attempt.signal.reason];
  };
  return {
    wheel,
    attempt,
    checks,
    pass,
    end,
    leave: () => leave?.(),
    watched: () => leave !== undefined,
  };
}

/** It ended for that reason, not early, and late by three ticks at most. */
async function assertEnds(end: () => Promise<unknown[]>, after: number, reason: Failed) {
  const [at, why] = await end();
  assertEquals(why, reason);
  assert(Number(at) >= after && Number(at) <= after + 3 * TICK_MS, `${at} instead of ${after}`);
}

Deno.test("attempt: without a response it ends after FIRST_BYTE_TIMEOUT", async () => {
  await assertEnds(begun().end, 10_000, NO_FIRST_BYTE);
});

Deno.test("attempt: while it waits it watches its client, and ends when that leaves", async () => {
  const { attempt, pass, leave, watched } = begun();
  assertEquals(watched(), false);
  await pass(150);
  assertEquals(watched(), true);
  leave();
  assertEquals(attempt.signal.reason, CLIENT_GONE);
});

Deno.test("attempt: each progress of the request's body begins the wait again", async () => {
  const { attempt, pass, end } = begun();
  for (let i = 0; i < 10; i++) {
    await pass(9_000);
    attempt.moved();
  }
  await assertEnds(end, 100_000, NO_FIRST_BYTE);
});

Deno.test("attempt: after half of CONNECT_TIMEOUT, and then once in each, it makes a connect check", async () => {
  const { checks, pass, end } = begun({ checkConnect: () => Promise.resolve(undefined) });
  await pass(950);
  assertEquals(checks, []);
  await pass(150);
  assertEquals(checks, [1_000]);
  await assertEnds(end, 10_000, NO_FIRST_BYTE);
  assertEquals(checks.length, 5);
});

for (const kind of ["connection_timeout", "destination_ip_unroutable"] as const) {
  Deno.test(`attempt: it ends if the host is gone, and may have been sent: ${kind}`, async () => {
    const gone = failed(kind, "x");
    const { end } = begun({ checkConnect: () => Promise.resolve(gone) });
    await assertEnds(end, 1_000, { ...gone, neverLeft: false });
  });
}

Deno.test("attempt: it goes on waiting if connections are refused: a server that stops still answers", async () => {
  const refused = failed("connection_refused", "x");
  const { end } = begun({ checkConnect: () => Promise.resolve(refused) });
  await assertEnds(end, 10_000, NO_FIRST_BYTE);
});

Deno.test("attempt: a body that moves after an early response sets no deadline", async () => {
  const body = { complete: false, awaitsClient: false };
  const { attempt, pass } = begun({ body, timeouts: { firstByte: 200 } });
  await pass(100);
  attempt.end();
  attempt.moved();
  await pass(5_000);
  assertEquals(attempt.signal.aborted, false);
});

Deno.test("attempt: a response that waits for the rest of its request stalls because of its client", async () => {
  const { attempt, end } = begun({ body: { complete: false, awaitsClient: true } });
  attempt.end();
  attempt.answer(() => {});
  attempt.expectMove(STALLED);
  await assertEnds(end, 5_000, CLIENT_STALLED);
});

Deno.test("attempt: it ends when a later check fails", async () => {
  const timedOut = failed("connection_timeout", "x");
  const answers = [undefined, undefined, timedOut];
  const { end } = begun({ checkConnect: () => Promise.resolve(answers.shift()) });
  await assertEnds(end, 5_000, { ...timedOut, neverLeft: false });
});

Deno.test("attempt: a response during a check wins over the check", async () => {
  const answer = Promise.withResolvers<Failed | undefined>();
  const { attempt, pass } = begun({ checkConnect: () => answer.promise });
  await pass(1_200);
  attempt.end();
  answer.resolve(failed("connection_timeout", "x"));
  await pass(20_000);
  assertEquals(attempt.signal.aborted, false);
});

for (
  const [what, awaitsClient, reason] of [
    ["its client stops sending the body", true, CLIENT_STALLED],
    ["its backend stops reading the body", false, BACKEND_TAKES_NOTHING],
  ] as const
) {
  Deno.test(`attempt: it ends after IDLE_TIMEOUT if ${what}`, async () => {
    await assertEnds(begun({ body: { complete: false, awaitsClient } }).end, 5_000, reason);
  });
}

Deno.test("attempt: once the body is sent the wait for the response begins, however long IDLE_TIMEOUT is", async () => {
  const body = { complete: false, awaitsClient: true };
  const timeouts = { firstByte: 1_000, idle: 60_000 };
  const { attempt, pass, end } = begun({ body, timeouts });
  await pass(30_000);
  assertEquals(attempt.signal.aborted, false);
  body.complete = true;
  attempt.moved();
  await assertEnds(end, 31_000, NO_FIRST_BYTE);
});

for (const late of [STALLED, CLIENT_TAKES_NOTHING]) {
  Deno.test(`attempt: a response under way is broken off after IDLE_TIMEOUT: ${late.detail}`, async () => {
    const { attempt, pass, end } = begun();
    await pass(2_000);
    attempt.end();
    const reasons: Failed[] = [];
    attempt.answer((failure) => reasons.push(failure));
    attempt.expectMove(STALLED);
    await pass(4_000);
    attempt.expectMove(late);
    await assertEnds(end, 11_000, late);
    assertEquals([reasons, attempt.broken], [[late], late]);
  });
}

Deno.test("attempt: a short response must arrive whole within IDLE_TIMEOUT", async () => {
  const { attempt, pass, end } = begun({ checkConnect: () => Promise.resolve(STALLED) });
  await pass(500);
  attempt.receive(new Response(new ReadableStream())).catch(() => {});
  await assertEnds(end, 5_500, STALLED);
});

Deno.test("attempt: once it is over, no deadline ends it", async () => {
  const { attempt, pass } = begun();
  attempt.answer(() => {});
  attempt.expectMove(STALLED);
  attempt.end();
  await pass(50_000);
  assertEquals([attempt.signal.aborted, attempt.broken], [false, undefined]);
});
