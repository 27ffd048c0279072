/** Which certificates listeners have, and which are ordered, as configurations come and go. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Challenges } from "../../lib/acme/store/challenges.ts";
import { AcmeCertificates } from "../../lib/runtime/acme_certificates.ts";
import type { ResolvedConfiguration } from "../../lib/runtime/revision.ts";
import { TICK_MS, Wheel } from "../../lib/time/timer_wheel.ts";
import { configurationOf } from "../support/configuration_file.ts";
import { FakeAcmeServer } from "../support/fake_acme_server.ts";

const START = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;

interface Acme {
  readonly domains: readonly string[];
  readonly email?: string;
  /** Whether its listener has another certificate. */
  readonly isBeside?: boolean;
}

/** A balancer's certificates, and an authority. */
class Scene implements AsyncDisposable {
  readonly wheel: Wheel;
  readonly server: FakeAcmeServer;
  readonly folder: string;
  readonly said: string[] = [];
  changes = 0;
  readonly #balancers: AcmeCertificates[] = [];

  private constructor(server: FakeAcmeServer, folder: string, wheel: Wheel) {
    this.wheel = wheel;
    this.server = server;
    this.folder = folder;
  }

  static async start(): Promise<Scene> {
    const folder = await Deno.makeTempDir();
    const wheel = new Wheel(0);
    const server = await FakeAcmeServer.start({
      now: () => START + wheel.now,
      answerTo: async (token) =>
        await new Challenges(`${folder}/acme`).read(token) ??
          await new Challenges(`${folder}/other`).read(token),
    });
    return new Scene(server, folder, wheel);
  }

  readonly now = (): number => START + this.wheel.now;

  balancer(): AcmeCertificates {
    const balancer = new AcmeCertificates({
      wheel: this.wheel,
      wallClock: this.now,
      random: () => 0,
      onInfo: (text) => this.said.push(text),
      onWarning: (text) => this.said.push(text),
      onCertificate: () => this.changes++,
    });
    this.#balancers.push(balancer);
    return balancer;
  }

  /** A configuration with these listeners beside a plain one. @param store below the folder of this scene */
  async file(listeners: Record<string, Acme>, store = "acme"): Promise<ResolvedConfiguration> {
    const { directory } = this.server;
    const secure = Object.entries(listeners).map(([name, { isBeside, ...acme }], index) => {
      const certificates = isBeside ? [{ cert: "a.pem", key: "a.key" }] : undefined;
      const tls = { acme: { ...acme, directory }, ...(certificates && { certificates }) };
      return [name, { port: 8443 + index, tls }] as const;
    });
    const text = JSON.stringify({
      engine: "tcp",
      listeners: { plain: { port: 80 }, ...Object.fromEntries(secure) },
      pools: { users: { backends: ["http://a"] } },
    });
    const config = structuredClone(await configurationOf(text));
    for (const { tls } of Object.values(config.listeners)) {
      if (tls?.acme !== undefined) Object.assign(tls.acme, { store: `${this.folder}/${store}` });
    }
    return config as ResolvedConfiguration;
  }

  /** Lets time pass until something is so. */
  async until(condition: () => boolean): Promise<void> {
    for (let step = 0; !condition(); step++) {
      assert(step < 3_000, `It does not happen: ${this.said.join("\n")}`);
      await new Promise((resolve) => setTimeout(resolve, 1));
      if (this.server.busy === 0) this.wheel.turn(this.wheel.now + TICK_MS);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const balancer of this.#balancers) await balancer[Symbol.asyncDispose]();
    await this.server[Symbol.asyncDispose]();
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** Who issued what a listener serves. */
function issuersOf(balancer: AcmeCertificates, config: ResolvedConfiguration): unknown[] {
  return Object.values(balancer.apply(config).listeners).map(({ tls }) =>
    tls?.acme?.loaded?.issuer
  );
}

const ordersOf = ({ server }: Scene) => server.asked.filter((step) => step === "newOrder").length;

Deno.test("acme certificates: a self-made one is served until there is another one, and nothing is ordered before the listeners are open", async () => {
  await using scene = await Scene.start();
  const balancer = scene.balancer();
  const config = await scene.file({ https: { domains: ["a.test"] } });
  (await balancer.prepare(config)).commit();
  assertEquals(issuersOf(balancer, config), [undefined, "a.test"]);
  assertEquals(scene.said, [
    `a self-made certificate is served for a.test, which clients refuse, until there is one from ${scene.server.directory}`,
  ]);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assertEquals(scene.server.asked, []);
  balancer.start();
  await scene.until(() => scene.changes === 1);
  assertEquals(issuersOf(balancer, config), [undefined, "Fake CA"]);
  const [status] = balancer.status();
  assertEquals([status!.listeners, status!.names, status!.problem], [
    ["https"],
    ["a.test"],
    undefined,
  ]);
});

Deno.test("acme certificates: the stored one is served from the beginning, and not ordered again", async () => {
  await using scene = await Scene.start();
  const config = await scene.file({ https: { domains: ["a.test"] } });
  const first = scene.balancer();
  (await first.prepare(config)).commit();
  first.start();
  await scene.until(() => scene.said.some((text) => text.startsWith("there is a new")));
  await first[Symbol.asyncDispose]();
  const next = scene.balancer();
  (await next.prepare(config)).commit();
  assertEquals(issuersOf(next, config), [undefined, "Fake CA"]);
  next.start();
  await new Promise((resolve) => setTimeout(resolve, 20));
  assertEquals(ordersOf(scene), 1);
});

Deno.test("acme certificates: listeners with the same names share one, whatever their order", async () => {
  await using scene = await Scene.start();
  const balancer = scene.balancer();
  const config = await scene.file({
    one: { domains: ["a.test", "b.test"] },
    two: { domains: ["b.test", "A.test"] },
  });
  (await balancer.prepare(config)).commit();
  balancer.start();
  await scene.until(() => scene.changes === 1);
  assertEquals(issuersOf(balancer, config), [undefined, "Fake CA", "Fake CA"]);
  assertEquals([ordersOf(scene), balancer.status().map(({ listeners }) => listeners)], [
    1,
    [["one", "two"]],
  ]);
});

Deno.test("acme certificates: a reload orders what is new, goes on with what stays, and stops what is gone; one that is given up does neither", async () => {
  await using scene = await Scene.start();
  const balancer = scene.balancer();
  const before = await scene.file({ one: { domains: ["a.test"] } });
  (await balancer.prepare(before)).commit();
  balancer.start();
  await scene.until(() => scene.changes === 1);

  const after = await scene.file({ one: { domains: ["a.test"] }, two: { domains: ["b.test"] } });
  (await balancer.prepare(after)).abandon();
  await new Promise((resolve) => setTimeout(resolve, 20));
  assertEquals(ordersOf(scene), 1);
  assertEquals(issuersOf(balancer, before), [undefined, "Fake CA"]);
  const selfMade = () => scene.said.filter((text) => /self-made .* b\.test/.test(text)).length;
  assertEquals(selfMade(), 0, "it is not served");

  (await balancer.prepare(after)).commit();
  assertEquals(selfMade(), 1);
  assertEquals(issuersOf(balancer, after), [undefined, "Fake CA", "b.test"]);
  await scene.until(() => scene.changes === 2);
  assertEquals(issuersOf(balancer, after), [undefined, "Fake CA", "Fake CA"]);
  assertEquals(ordersOf(scene), 2);

  const none = await scene.file({});
  (await balancer.prepare(none)).commit();
  assertEquals([balancer.status(), issuersOf(balancer, none)], [[], [undefined]]);
  scene.wheel.turn(scene.wheel.now + 80 * DAY_MS);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assertEquals(ordersOf(scene), 2);
});

Deno.test("acme certificates: another address, or another store, takes no certificate away", async () => {
  await using scene = await Scene.start();
  const balancer = scene.balancer();
  const acme = { domains: ["a.test"] };
  (await balancer.prepare(await scene.file({ https: acme }))).commit();
  balancer.start();
  await scene.until(() => scene.said.some((text) => text.startsWith("there is a new")));
  const elsewhere = await scene.file({ https: { ...acme, email: "ops@a.test" } }, "other");
  scene.server.fail("newOrder", new Response(null, { status: 503 }));
  (await balancer.prepare(elsewhere)).commit();
  assertEquals(issuersOf(balancer, elsewhere), [undefined, "Fake CA"]);
  await scene.until(() => scene.said.some((text) => text.startsWith("Cannot renew")));
  assertEquals(issuersOf(balancer, elsewhere), [undefined, "Fake CA"]);
  const [{ problem, certificate }] = balancer.status() as [ReturnType<typeof balancer.status>[0]];
  assertStringIncludes(problem!.reason, "503");
  assert(certificate !== undefined);
});

Deno.test("acme certificates: while a name is added, the certificate for the others goes on, also if no store has it", async () => {
  await using scene = await Scene.start();
  const balancer = scene.balancer();
  (await balancer.prepare(await scene.file({ https: { domains: ["a.test"] } }))).commit();
  balancer.start();
  await scene.until(() => scene.said.some((text) => text.startsWith("there is a new")));
  const more = await scene.file({ https: { domains: ["a.test", "b.test"] } }, "other");
  scene.server.issueFrom = scene.now() - DAY_MS; // authorities do that, so it seems older
  (await balancer.prepare(more)).commit();
  assertEquals(issuersOf(balancer, more), [undefined, "Fake CA"]);
  const namesOf = () => balancer.apply(more).listeners["https"]!.tls!.acme!.loaded!.names;
  assertEquals(namesOf(), ["a.test"]);
  await scene.until(() => namesOf().length === 2);
});

Deno.test("acme certificates: beside another certificate none is made, which some clients would prefer; once that one is gone, it is", async () => {
  await using scene = await Scene.start();
  const balancer = scene.balancer();
  const acme = { domains: ["a.test"] };
  const beside = await scene.file({ https: { ...acme, isBeside: true } });
  (await balancer.prepare(beside)).commit();
  assertEquals([issuersOf(balancer, beside), scene.said], [[undefined, undefined], []]);
  const alone = await scene.file({ https: acme });
  (await balancer.prepare(alone)).commit();
  assertEquals(issuersOf(balancer, alone), [undefined, "a.test"]);
  balancer.start();
  await scene.until(() => scene.changes === 1);
  assertEquals(issuersOf(balancer, beside), [undefined, "Fake CA"]);
});

Deno.test("acme certificates: a store that cannot be used is a warning, and the port is open all the same", async () => {
  await using scene = await Scene.start();
  await Deno.writeTextFile(`${scene.folder}/acme`, "a file in the place of the folder");
  const balancer = scene.balancer();
  const config = await scene.file({ https: { domains: ["a.test"] } });
  (await balancer.prepare(config)).commit();
  assertEquals(issuersOf(balancer, config), [undefined, "a.test"]);
  assertStringIncludes(scene.said[0]!, `the store ${scene.folder}/acme cannot be used`);
});
