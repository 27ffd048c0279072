/** An ACME authority on loopback that does what a test wants; it checks what it gets as strictly as a real one. */
import { issue, type Issued } from "../../lib/tls/issue.ts";
import { isBound, json, problem, type Signed, verify } from "./acme_messages.ts";
import { FakeIssuing, type IssuingOptions } from "./fake_acme_issuing.ts";

export type Step =
  | "directory"
  | "newNonce"
  | "newAccount"
  | "account"
  | "newOrder"
  | "order"
  | "authorization"
  | "challenge"
  | "finalize"
  | "certificate";

/** What happens instead of the next right answer: a response, a type of problem, or silence. */
export type Fault = Response | "hang" | "badNonce" | ((right: Response) => Response);

export interface FakeAcmeOptions extends IssuingOptions {
  /** Key ids and keys of external accounts, if it asks for one. */
  readonly externalAccounts?: Readonly<Record<string, string>>;
}

export class FakeAcmeServer extends FakeIssuing implements AsyncDisposable {
  readonly #options: FakeAcmeOptions;
  readonly #faults: { readonly step: Step; readonly fault: Fault }[] = [];
  readonly #nonces = new Set<string>();
  readonly #hanging: (() => void)[] = [];
  #accounts = new Map<string, { key: JsonWebKey; contact: unknown }>();
  #server: Deno.HttpServer<Deno.NetAddr>;
  readonly port: number;
  /** What was asked for so far, in order. */
  readonly asked: Step[] = [];
  /** When, in milliseconds since 1970. */
  readonly askedAt: number[] = [];
  /** Requests that it works at; those that hang are not among them. */
  busy = 0;
  /** When a request came last that is not answered, in milliseconds since 1970. */
  hungAt: number | undefined;

  private constructor(options: FakeAcmeOptions, authority: Issued) {
    super(options, authority);
    this.#options = options;
    this.#server = this.#listen(0);
    this.port = this.#server.addr.port;
  }

  static async start(options: FakeAcmeOptions): Promise<FakeAcmeServer> {
    const [from, until] = [options.now() - 1e9, options.now() + 1e12];
    const authority = await issue({ names: ["Fake CA"], from, until, isAuthority: true });
    return new FakeAcmeServer(options, authority);
  }

  get directory(): string {
    return `http://127.0.0.1:${this.port}/directory`;
  }

  /** The contacts of its accounts. */
  get contacts(): unknown[] {
    return [...this.#accounts.values()].map(({ contact }) => contact);
  }

  /** For the next requests of this kind, one for each; they do not take effect. */
  fail(step: Step, ...faults: readonly Fault[]): void {
    for (const fault of faults) this.#faults.push({ step, fault });
  }

  /** Ends all connections, and refuses new ones. */
  async stop(): Promise<void> {
    this.#release();
    await this.#server.shutdown();
  }

  /** @param forgets whether it has lost all accounts and orders */
  restart(forgets = false): void {
    this.#server = this.#listen(this.port);
    this.#nonces.clear();
    if (!forgets) return;
    this.#accounts = new Map();
    this.forget();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #release(): void {
    for (const end of this.#hanging.splice(0)) end();
  }

  #listen(port: number): Deno.HttpServer<Deno.NetAddr> {
    return Deno.serve({ hostname: "127.0.0.1", port, onListen() {} }, async (request) => {
      this.busy++;
      try {
        return await this.#handle(request);
      } finally {
        this.busy--;
      }
    });
  }

  async #handle(request: Request): Promise<Response> {
    const [, name = "", id = ""] = new URL(request.url).pathname.split("/");
    const step = name as Step;
    this.asked.push(step);
    this.askedAt.push(this.#options.now());
    const index = this.#faults.findIndex((planned) => planned.step === step);
    const [planned] = index === -1 ? [] : this.#faults.splice(index, 1);
    const fault = planned?.fault;
    if (fault === "hang") {
      this.hungAt = this.#options.now();
      this.busy--;
      await new Promise<void>((resolve) => this.#hanging.push(resolve));
      this.busy++;
    }
    if (fault === "badNonce") return this.#withNonce(problem(400, "badNonce", "use another one"));
    if (fault instanceof Response) return step === "newNonce" ? fault : this.#withNonce(fault);
    const body = await request.text();
    const right = await this.#answer(step, Number(id), body, request).catch((error) =>
      error instanceof Response ? error : problem(500, "serverInternal", String(error))
    );
    return this.#withNonce(fault instanceof Function ? fault(right) : right);
  }

  async #answer(step: Step, id: number, body: string, request: Request): Promise<Response> {
    const base = `http://127.0.0.1:${this.port}`;
    if (step === "directory") return json(200, this.#directory(base));
    if (step === "newNonce") return new Response(null, { status: 200 });
    const signed = await verify(body, request, {
      takeNonce: (nonce) => this.#nonces.delete(nonce),
      keyOf: (account) => this.#accounts.get(account)?.key,
    });
    if (step === "newAccount") return await this.#newAccount(signed, base);
    if (step === "account") {
      this.#accounts.get(signed.account)!.contact = signed.payload["contact"];
      return json(200, {});
    }
    if (step === "newOrder") return this.newOrder(signed, base);
    return await this.answerFor(step, id, signed, base);
  }

  #directory(base: string): unknown {
    const externalAccountRequired = this.#options.externalAccounts !== undefined;
    const urls = ["newNonce", "newAccount", "newOrder"].map((name) => [name, `${base}/${name}`]);
    return { ...Object.fromEntries(urls), meta: { externalAccountRequired } };
  }

  async #newAccount({ jwk, payload }: Signed, base: string): Promise<Response> {
    const url = (id: string) => `${base}/account/${id}`;
    const known = [...this.#accounts].find(([, { key }]) => key.x === jwk?.x);
    if (known !== undefined) return json(200, {}, { location: known[0] });
    if (payload["termsOfServiceAgreed"] !== true) {
      return problem(403, "userActionRequired", "agree to the terms");
    }
    const { externalAccounts } = this.#options;
    const binding = payload["externalAccountBinding"];
    if (externalAccounts && !await isBound(binding, jwk, `${base}/newAccount`, externalAccounts)) {
      return problem(401, "unauthorized", "the binding is wrong");
    }
    const location = url(String(this.#accounts.size));
    this.#accounts.set(location, { key: jwk!, contact: payload["contact"] });
    return json(201, {}, { location });
  }

  #withNonce(response: Response): Response {
    const nonce = crypto.randomUUID();
    this.#nonces.add(nonce);
    response.headers.set("replay-nonce", nonce);
    return response;
  }
}
