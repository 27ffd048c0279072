import { assertEquals } from "@std/assert";
import { issue } from "../../lib/tls/issue.ts";
import { CertificateWatch } from "../../lib/runtime/certificate_watch.ts";
import { Wheel } from "../../lib/time/timer_wheel.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const START = Date.UTC(2026, 10, 1);

type Watched = Parameters<CertificateWatch["take"]>[0];

const NOTHING: Watched = { listeners: {}, pools: {}, admin: undefined };

/** A certificate in PEM that lasts so many days. */
async function lasting(days: number): Promise<string> {
  const { cert } = await issue({
    names: ["a.test"],
    from: START - DAY_MS,
    until: START + days * DAY_MS,
  });
  return cert;
}

/** Listeners of a configuration, each with certificates that last so many days. */
function listening(
  listeners: Record<string, Record<string, number>>,
): Watched {
  const all = Object.entries(listeners).map(([name, certificates]) => {
    const loaded = Object.entries(certificates).map(([host, days]) => ({
      loaded: { names: [host], notAfter: START + days * DAY_MS, fingerprint: `${host} ${days}` },
    }));
    return [name, { tls: loaded.length === 0 ? undefined : { certificates: loaded } }];
  });
  return { ...NOTHING, listeners: Object.fromEntries(all) };
}

function watching() {
  const wheel = new Wheel(0);
  const warnings: string[] = [];
  const watch = new CertificateWatch({
    wheel,
    now: () => START + wheel.now,
    onWarning: (warning) => warnings.push(warning),
  });
  return {
    watch,
    wheel,
    /** Lets time pass. @returns what was said meanwhile */
    pass(days: number): string[] {
      for (const end = wheel.now + days * DAY_MS; wheel.now < end;) {
        wheel.turn(wheel.now + HOUR_MS / 4);
      }
      return warnings.splice(0);
    },
  };
}

const says = (host: string, what: string, listener = "https") =>
  `listener ${listener}: the certificate of ${host} ${what}`;

Deno.test("certificate watch: from 14 days before its end, a certificate is told of once a day, and when it has expired", () => {
  const { watch, pass } = watching();
  watch.take(listening({ http: {}, https: { "a.test": 16 } }));
  assertEquals(pass(2), []);
  assertEquals(pass(1), [says("a.test", "expires in 13 days, on 2026-11-17")]);
  assertEquals(pass(3).length, 3);
  assertEquals(pass(10), [
    ...[9, 8, 7, 6, 5, 4, 3, 2].map((days) =>
      says("a.test", `expires in ${days} days, on 2026-11-17`)
    ),
    says("a.test", "expires in 1 day, on 2026-11-17"),
    says("a.test", "expires in less than a day, on 2026-11-17"),
  ]);
  assertEquals(pass(1), [says("a.test", "expired on 2026-11-17")]);
  assertEquals(pass(1), [says("a.test", "expired on 2026-11-17")]);
});

Deno.test("certificate watch: what was told when it was loaded is not told again on that day", () => {
  const { watch, pass } = watching();
  watch.take(listening({ https: { "a.test": 5.5 } }));
  assertEquals(pass(0.9), []);
  assertEquals(pass(0.2), [says("a.test", "expires in 4 days, on 2026-11-06")]);
});

Deno.test("certificate watch: a certificate that takes another one's place ends what is said of that", () => {
  const { watch, pass } = watching();
  watch.take(listening({ https: { "a.test": 5, "b.test": 90 }, other: { "c.test": 7 } }));
  assertEquals(pass(1.2).length, 2);
  watch.take(listening({ https: { "a.test": 95, "b.test": 90 }, other: { "c.test": 7 } }));
  assertEquals(pass(1), [says("c.test", "expires in 4 days, on 2026-11-08", "other")]);
  watch.take(listening({ https: {} }));
  assertEquals(pass(30), []);
});

Deno.test("certificate watch: a configuration that changes often delays nothing", () => {
  const { watch, pass } = watching();
  const said: string[] = [];
  for (let quarters = 0; quarters < 3 * 96; quarters++) {
    watch.take(listening({ https: { "a.test": 15.5 } }));
    said.push(...pass(1 / 96));
  }
  assertEquals(said.length, 2);
});

Deno.test("certificate watch: one that has ended says nothing", () => {
  const { watch, pass } = watching();
  watch.take(listening({ https: { "a.test": 5 } }));
  watch[Symbol.dispose]();
  assertEquals(pass(3), []);
});

Deno.test("certificate watch: authorities of clients, what pools name and the admin port's own are told of as well", async () => {
  const { watch, pass } = watching();
  const authorities = await lasting(14.5) + await lasting(90);
  const [listener] = Object.values(listening({ https: { "a.test": 90 } }).listeners);
  const own = { names: ["edge.test"], notAfter: START + 14.5 * DAY_MS, fingerprint: "own" };
  const config = {
    listeners: {
      https: { ...listener, tls: { ...listener!.tls, clientAuthorities: authorities } },
    },
    admin: { tls: { certificates: [{ loaded: own }] } },
    pools: {
      users: { tls: { loaded: { ca: authorities, client: { cert: await lasting(14.5) } } } },
      plain: {},
    },
  } as unknown as Watched;
  watch.take(config);
  const ends = "expires in 13 days, on 2026-11-15";
  const said = [
    `listener https: a certificate of tls.clientCa ${ends}`,
    `admin: the certificate of edge.test ${ends}`,
    `pool users: a certificate of tls.cert ${ends}`,
    `pool users: a certificate of tls.ca ${ends}`,
  ];
  assertEquals(pass(1), said);
  watch.take({ ...config, pools: NOTHING.pools });
  assertEquals(pass(1), said.slice(0, 2).map((line) => line.replace("13", "12")));
});
