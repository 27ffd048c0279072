/** `start --takeover`, if it is refused: then nothing is left running, and the other instance goes on. */
import { assertEquals, assertMatch } from "@std/assert";
import { sampleStatus } from "../support/admin_port.ts";
import { run } from "../support/started.ts";
import { occupy, Place, standIn } from "../support/takeover_place.ts";

const TOKEN = "0123456789abcdef-all";

/** What stands in the way, and what comes of it. */
const REFUSALS: readonly {
  readonly name: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly meet?: (place: Place) => Disposable;
  readonly status: number;
  readonly says: RegExp;
}[] = [
  {
    name: "the admin port is off",
    env: { ADMIN_PORT: "off" },
    status: 2,
    says: /^Cannot start as --takeover needs the admin port, .*: it is off$/m,
  },
  {
    name: "--admin is given without --takeover",
    args: ["--admin", "http://127.0.0.1:1"],
    status: 2,
    says: /^Cannot start as --admin has no effect without --takeover$/m,
  },
  {
    name: "the file of the token is not there",
    args: ["--takeover", "--token-file", "/nowhere"],
    status: 2,
    says: /^Cannot ask the balancer as --token-file must name a readable file/m,
  },
  {
    name: "the admin port asks for a token",
    meet: (place) => standIn(place, { token: TOKEN }),
    status: 1,
    says: /^Cannot take over as 127\.0\.0\.1:\d+ asks for a token/m,
  },
  {
    name: "the token is wrong",
    meet: (place) => standIn(place, { token: TOKEN }),
    env: { ADMIN_TOKEN: `${TOKEN}-not` },
    status: 1,
    says: /^Cannot take over as 127\.0\.0\.1:\d+ does not accept the token/m,
  },
  {
    name: "the running instance is stopping",
    meet(place) {
      const api = standIn(place);
      api.control.current = sampleStatus({ draining: true });
      return api;
    },
    status: 1,
    says: /^Cannot take over as the instance on .* is stopping: start when it has stopped$/m,
  },
  ...["hello", '{"status":"ok"}'].map((answer) => ({
    name: `something else answers ${answer}`,
    meet: (place: Place) => answering(place, answer),
    status: 1,
    says: /^Cannot take over as what answers on .* is not the admin port of this version/m,
  })),
  {
    name: "another program has the port",
    meet(place) {
      const api = standIn(place);
      const other = occupy(place, false);
      return { [Symbol.dispose]: () => (api[Symbol.dispose](), other[Symbol.dispose]()) };
    },
    status: 1,
    says:
      /^Cannot listen on .* as the address is in use: set another port, or run both instances as/m,
  },
  {
    name: "another program has a port that the running instance does not have",
    meet(place) {
      const api = standIn(place);
      api.control.current = sampleStatus({ listeners: [], pools: [] });
      const other = occupy(place, true);
      return { [Symbol.dispose]: () => (api[Symbol.dispose](), other[Symbol.dispose]()) };
    },
    status: 1,
    says: /^Cannot listen on 127\.0\.0\.1:\d+ for requests as the address is in use/m,
  },
  {
    name: "the token may only read",
    meet: (place) => standIn(place, { token: `${TOKEN}-more`, readToken: TOKEN }),
    env: { ADMIN_TOKEN: TOKEN },
    status: 1,
    says: /^Cannot take over as 127\.0\.0\.1:\d+ answered 403: this token may only read/m,
  },
];

function answering(place: Place, answer: string): Disposable {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: place.adminPort, onListen() {} },
    () => new Response(answer),
  );
  return { [Symbol.dispose]: () => void server.shutdown() };
}

for (const { name, args = ["--takeover"], env, meet, status, says } of REFUSALS) {
  Deno.test(`takeover: if ${name}, it is refused with status ${status}, and nothing is left running`, async () => {
    await using place = new Place(env);
    using met = meet?.(place);
    const refused = await run(["start", ...args], { env: place.settings });
    assertEquals(refused.status, status, refused.stderr);
    assertMatch(refused.stderr, says);
    if (met instanceof Object && "control" in met) {
      assertEquals((met as ReturnType<typeof standIn>).control.asked, []);
    }
  });
}
