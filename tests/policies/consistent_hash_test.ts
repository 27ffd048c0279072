import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Backend } from "../../lib/backends/backend.ts";
import { consistentHash } from "../../lib/policies/consistent_hash.ts";
import {
  backendsOf,
  contextOf,
  countsOf,
  equal,
  facts,
  nameOf,
  putInFlight,
} from "../support/fakes.ts";
import { seeded } from "../support/random.ts";

const hashKey = ({ path }: { path: string }) => path;
const policy = consistentHash({ hashKey, hashBalance: Infinity });

/** The backend that a key belongs to. */
function ownerOf(key: string, backends: readonly Backend[], using = policy): Backend {
  return using.pick(backends, contextOf({ request: facts({ path: key }) }));
}

const keys = (count: number) => Array.from({ length: count }, (_, index) => `/users/${index}`);

function shuffled<Item>(items: readonly Item[], seed: number): Item[] {
  const random = seeded(seed);
  return items.map((item) => [random(), item] as const).sort(([a], [b]) => a - b)
    .map(([, item]) => item);
}

for (const n of [2, 3, 5, 10, 50, 200]) {
  Deno.test(`consistent hash: if one of ${n} backends leaves, only its keys move, at most 1.3/${n} of all`, () => {
    const backends = backendsOf(equal(n));
    const all = keys(200 * n);
    const before = all.map((key) => ownerOf(key, backends));
    for (const gone of shuffled(backends, n).slice(0, 5)) {
      const left = backends.filter((backend) => backend !== gone);
      const moved = all.filter((key, index) => ownerOf(key, left) !== before[index]);
      assertEquals(moved.length, before.filter((owner) => owner === gone).length);
      assert(moved.length <= 1.3 / n * all.length, `${moved.length} of ${all.length}`);
      assert(moved.length >= 0.7 / n * all.length, `${moved.length} of ${all.length}`);
    }
  });
}

Deno.test("consistent hash: the keys of a backend that leaves spread over all others", () => {
  const backends = backendsOf(equal(5));
  const left = backends.slice(1);
  const homeless = keys(20_000).filter((key) => ownerOf(key, backends) === backends[0]);
  const counts = countsOf(homeless.map((key) => ownerOf(key, left)));
  for (const backend of left) {
    const share = counts.get(backend)! / homeless.length;
    assert(Math.abs(share - 0.25) < 0.03, `${share}`);
  }
});

Deno.test("consistent hash: a backend that is added takes its share of keys, and no others move", () => {
  const backends = backendsOf(equal(6));
  const before = backends.slice(0, 5);
  for (const key of keys(5_000)) {
    const now = ownerOf(key, backends);
    assert(now === backends[5] || now === ownerOf(key, before), key);
  }
});

Deno.test("consistent hash: the order of the list makes no difference", () => {
  const weights = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 12 });
  fc.assert(fc.property(weights, fc.nat(), fc.string(), (weights, seed, key) => {
    const here = ownerOf(key, backendsOf(weights));
    const there = ownerOf(key, shuffled(backendsOf(weights), seed));
    assertEquals(there.id, here.id);
  }));
});

Deno.test("consistent hash: each backend owns keys in proportion to its weight", () => {
  for (const weights of [[1, 1, 1, 1], [1, 2, 3], [10, 1], [100, 50, 50], [7, 7, 1]]) {
    const backends = backendsOf(weights);
    const sum = weights.reduce((total, weight) => total + weight, 0);
    const counts = countsOf(keys(50_000).map((key) => ownerOf(key, backends)));
    for (const backend of backends) {
      const due = 50_000 * backend.weight / sum;
      assert(Math.abs(counts.get(backend)! - due) < 5 * Math.sqrt(due), `${counts.get(backend)}`);
    }
  }
});

Deno.test("consistent hash: a change of one weight moves keys only from or to that backend", () => {
  const before = backendsOf([1, 1, 1]);
  const after = backendsOf([1, 3, 1]);
  for (const key of keys(3_000)) {
    const [was, is] = [nameOf(ownerOf(key, before)), nameOf(ownerOf(key, after))];
    assert(was === is || is === "b", key);
  }
});

Deno.test("consistent hash: keys spread evenly over backends whose names differ by a digit", () => {
  const backends = Array.from(
    { length: 16 },
    (_, index) => new Backend({ url: `http://10.0.0.${index + 1}:8080`, weight: 1 }),
  );
  const addresses = Array.from({ length: 64_000 }, (_, i) => `192.168.${i >> 8}.${i & 255}`);
  const counts = countsOf(addresses.map((address) => ownerOf(address, backends)));
  const chiSquared = backends.reduce((sum, b) => sum + (counts.get(b)! - 4_000) ** 2 / 4_000, 0);
  assert(chiSquared < 37.7, `${chiSquared}`); // 15 degrees of freedom, once in a thousand
});

Deno.test("consistent hash: a key has the same backend in every release", () => {
  const backends = ["users-1:5000", "users-2:5000", "users-3:5000"].map((host) =>
    new Backend({ url: `http://${host}`, weight: 1 })
  );
  const owners = ["192.0.2.1", "192.0.2.2", "/a", "/b", "", "é", "2001:db8::1", ...keys(9)]
    .map((key) => ownerOf(key, backends).id[6]);
  assertEquals(owners.join(""), "3131131112133321");
});

Deno.test("consistent hash: with a bound no backend has more in flight than that, and the next highest claim with room wins", () => {
  const cases = fc.record({
    weights: fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 12 }),
    balance: fc.constantFrom(1.01, 1.25, 2),
    keys: fc.array(fc.constantFrom("hot", "hot", "hot", "warm", "a", "b", "c"), { maxLength: 200 }),
  });
  fc.assert(fc.property(cases, ({ weights, balance, keys }) => {
    const bounded = consistentHash({ hashKey, hashBalance: balance });
    const backends = backendsOf(weights);
    const weight = weights.reduce((total, one) => total + one, 0);
    keys.forEach((key, inFlight) => {
      const hasRoom = (backend: Backend) =>
        backend.inFlight < balance * (inFlight + 1) * backend.weight / weight;
      const picked = ownerOf(key, backends, bounded);
      assert(hasRoom(picked));
      assertEquals(picked, ownerOf(key, backends.filter(hasRoom)));
      picked.acquire();
      const most = Math.ceil(balance * (inFlight + 1) * picked.weight / weight);
      assert(picked.inFlight <= most, `${picked.inFlight} of ${most}`);
    });
  }));
});

Deno.test("consistent hash: with a bound a hot key spreads over as many backends as it needs", () => {
  const bounded = consistentHash({ hashKey, hashBalance: 1.25 });
  const backends = backendsOf(equal(4));
  for (let i = 0; i < 400; i++) ownerOf("hot", backends, bounded).acquire();
  const inFlight = backends.map((backend) => backend.inFlight).sort((a, b) => a - b);
  assertEquals(inFlight, [25, 125, 125, 125]);
});

Deno.test("consistent hash: requests in flight at backends that are no candidates do not raise the bound", () => {
  const bounded = consistentHash({ hashKey, hashBalance: 1.25 });
  const candidates = backendsOf(equal(5)).slice(0, 2); // the other three are down, with all they had
  for (let i = 0; i < 1_000; i++) ownerOf("hot", candidates, bounded).acquire();
  const inFlight = candidates.map((backend) => backend.inFlight).sort((a, b) => a - b);
  assertEquals(inFlight, [375, 625]);
});

Deno.test("consistent hash: a bound moves no keys while load is even", () => {
  const bounded = consistentHash({ hashKey, hashBalance: 1.25 });
  const backends = backendsOf(equal(5));
  for (const backend of backends) putInFlight(backend, 20);
  for (const key of keys(500)) {
    assertEquals(ownerOf(key, backends, bounded), ownerOf(key, backends));
  }
});
