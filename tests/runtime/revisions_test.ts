import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { createBackends } from "../../lib/runtime/backends.ts";
import type { ResolvedConfiguration, Revision } from "../../lib/runtime/revision.ts";
import { Revisions } from "../../lib/runtime/revisions.ts";
import {
  POOL,
  poolRecords,
  processRecords,
  wayRecords,
  WORKER,
  WORKER_WAY,
} from "../../lib/shared_memory/layout.ts";
import { wayId } from "../../lib/shared_memory/state.ts";
import { configurationOf } from "../support/configuration_file.ts";

const WORKERS = 3;

function newRevisions(): Revisions {
  return new Revisions({
    workers: WORKERS,
    descriptors: Infinity,
    process: processRecords(WORKERS),
  });
}

async function configured(backends: readonly string[], more: object = {}) {
  const file = { pools: { users: { backends } }, ...more };
  return await configurationOf(JSON.stringify(file)) as ResolvedConfiguration;
}

const backendsOf = ({ config, state }: Revision, worker: number) =>
  createBackends(config.pools["users"]!, state.pools.get("users")!, { worker, workers: WORKERS });

Deno.test("revisions: each has the next number, and one that is not adopted leaves no trace", async () => {
  const revisions = newRevisions();
  const first = revisions.make(await configured(["http://a:81"]));
  revisions.adopt(first);
  const refused = revisions.make(await configured(["http://b:81"]));
  const next = revisions.make(await configured(["http://a:81"]));
  assertEquals([first, refused, next].map(({ number }) => number), [1, 2, 3]);
  assertEquals(next.state.pools.get("users")!.backends, first.state.pools.get("users")!.backends);
});

Deno.test("revisions: a backend that is taken out is told of by its memory, and leaves once nothing is in flight", async () => {
  const revisions = newRevisions();
  const first = revisions.make(await configured(["http://a:81", "http://b:81", "http://c:81"]));
  revisions.adopt(first);
  const [, b, c] = backendsOf(first, 1);
  b!.acquire();
  const { generation } = poolRecords(first.state.pools.get("users")!.buffer).record(POOL);
  const before = generation.value;
  revisions.adopt(revisions.make(await configured(["http://a:81"])));
  assertNotEquals(generation.value, before, "workers look again");
  assertEquals([b!.mode, c!.mode], ["removed", "removed"]);
  assertEquals(revisions.leaving, [{ pool: "users", url: "http://b:81", inFlight: 1 }]);
  b!.release();
  assertEquals(revisions.leaving, []);
});

Deno.test("revisions: a pool that is taken out takes its backends along, and one that returns begins anew", async () => {
  const revisions = newRevisions();
  const first = revisions.make(await configured(["http://a:81"]));
  revisions.adopt(first);
  const [a] = backendsOf(first, 1);
  const file = { pools: { other: { backends: ["http://a:81"] } } };
  const other = await configurationOf(JSON.stringify(file)) as ResolvedConfiguration;
  revisions.adopt(revisions.make(other));
  assertEquals(a!.mode, "removed");
  const again = revisions.make(await configured(["http://a:81"]));
  assertEquals(backendsOf(again, 1)[0]!.mode, "ready");
});

Deno.test("revisions: a dead worker's requests are taken back, also at backends that were taken out", async () => {
  const revisions = newRevisions();
  const first = revisions.make(await configured(["http://a:81", "http://b:81"]));
  revisions.adopt(first);
  const [dead, alive] = [1, 2].map((worker) => backendsOf(first, worker));
  for (const backend of [...dead!, ...alive!, dead![1]!]) backend.acquire();
  revisions.adopt(revisions.make(await configured(["http://a:81"])));
  revisions.reclaim(1);
  assertEquals(alive!.map(({ inFlight }) => inFlight), [1, 1]);
  assertEquals(revisions.leaving, [{ pool: "users", url: "http://b:81", inFlight: 1 }]);
});

Deno.test("revisions: counts of requests and the table of rate limits live on", async () => {
  const revisions = newRevisions();
  const route = { name: "all", rateLimit: { rate: "1/s" }, pool: "users" };
  const first = revisions.make(await configured(["http://a:81"], { routes: [route] }));
  revisions.adopt(first);
  const plain = revisions.make(
    await configured(["http://b:81"], { routes: [{ ...route, rateLimit: undefined }] }),
  );
  revisions.adopt(plain);
  const again = revisions.make(await configured(["http://a:81"], { routes: [route] }));
  assert(again.rates !== undefined && again.rates === first.rates);
  const id = wayId("all", "users");
  const requestsIn = ({ state }: Revision) =>
    wayRecords(WORKERS, state.ways.get(id)!).record(WORKER_WAY, 1).requests;
  requestsIn(first)[1] = 7;
  assertEquals(requestsIn(again)[1], 7);
});

Deno.test("revisions: what a worker counts for itself is told apart from what others do", () => {
  const process = processRecords(WORKERS);
  process.record(WORKER, 1).localReplies[404] = 3;
  process.record(WORKER, 2).requests.value = 5;
  assertEquals(process.record(WORKER, 2).localReplies[404], 0);
  assertEquals(process.record(WORKER, 1).requests.value, 0);
});

Deno.test("revisions: what happens to a backend that was taken out is no news", async () => {
  const revisions = newRevisions();
  revisions.adopt(revisions.make(await configured(["http://a:81", "http://b:81"])));
  revisions.adopt(revisions.make(await configured(["http://a:81"])));
  const fails = (backend: string) => ({ kind: "fails", backend, reason: "" }) as const;
  assertEquals(revisions.knows("users", fails("a:81")), true);
  assertEquals(revisions.knows("users", fails("b:81")), false);
  assertEquals(revisions.knows("users", { kind: "panic" }), true);
  assertEquals(revisions.knows("other", { kind: "panic" }), false);
});
