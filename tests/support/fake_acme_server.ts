/** An ACME authority on loopback that does what a test wants; it checks what it gets as strictly as a real one. */
import { issue, type Issued } from "../../lib/tls/issue.ts";
import { bytes, isBound, json, problem, problemOf, type Signed, verify } from "./acme_messages.ts";
import { readCertificateRequest } from "./certificate_request_reader.ts";

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

interface Order {
  readonly names: readonly string[];
  readonly account: string;
  status: "pending" | "ready" | "processing" | "valid" | "invalid";
  error?: unknown;
  chain?: string;
  /** How often it is still asked for until it is finished. */
  polls: number;
}

interface Authorization {
  readonly order: number;
  readonly name: string;
  readonly token: string;
  status: "pending" | "valid" | "invalid";
  /** What becomes of it, and after how many questions. */
  outcome: "valid" | "invalid" | undefined;
  polls: number;
  error?: unknown;
}

export interface FakeAcmeOptions {
  /** The time of day, in milliseconds since 1970. */
  readonly now: () => number;
  /** Answers challenges; undefined if there is no such token. */
  readonly answerTo: (token: string) => Promise<string | undefined>;
  /** How long its certificates are valid, in milliseconds. */
  readonly lifeMs?: number;
  /** Key ids and keys of external accounts, if it asks for one. */
  readonly externalAccounts?: Readonly<Record<string, string>>;
}

export class FakeAcmeServer implements AsyncDisposable {
  readonly #options: FakeAcmeOptions;
  readonly #authority: Issued;
  readonly #faults: { readonly step: Step; readonly fault: Fault }[] = [];
  readonly #nonces = new Set<string>();
  readonly #hanging: (() => void)[] = [];
  #accounts = new Map<string, { key: JsonWebKey; contact: unknown }>();
  #orders: Order[] = [];
  #authorizations: Authorization[] = [];
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
  /** How often authorizations and orders are asked for until they are decided. */
  pollsUntilValidated = 0;
  pollsUntilIssued = 0;
  retryAfter: string | undefined;
  /** When its certificates begin to be valid, if that is not now. */
  issueFrom: number | undefined;
  /** Changes what is issued. */
  alter: (chain: string) => string | Promise<string> = (chain) => chain;

  private constructor(options: FakeAcmeOptions, authority: Issued) {
    this.#options = options;
    this.#authority = authority;
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

  get authority(): Issued {
    return this.#authority;
  }

  /** The contacts of its accounts. */
  get contacts(): unknown[] {
    return [...this.#accounts.values()].map(({ contact }) => contact);
  }

  get orders(): readonly Pick<Order, "names" | "status">[] {
    return this.#orders;
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
    this.#orders = [];
    this.#authorizations = [];
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
    const { account, payload } = signed;
    if (step === "newAccount") return await this.#newAccount(signed, base);
    if (step === "account") {
      this.#accounts.get(account)!.contact = payload["contact"];
      return json(200, {});
    }
    if (step === "newOrder") return this.#newOrder(signed, base);
    const isOfOrder = ["order", "finalize", "certificate"].includes(step);
    const order = this.#orders[isOfOrder ? id : this.#authorizations[id]?.order ?? -1];
    if (order === undefined) return problem(404, "malformed", "no such thing");
    if (order.account !== account) return problem(403, "unauthorized", "of another account");
    if (step === "finalize") await this.#finalize(order, payload);
    if (step === "order" && order.status === "processing" && order.polls-- <= 0) {
      order.status = "valid";
    }
    if (step === "order" || step === "finalize") return this.#showOrder(order, base);
    if (step === "certificate") return new Response(order.chain ?? null);
    const authorization = this.#authorizations[id]!;
    if (step === "challenge") await this.#validate(authorization);
    this.#settle(order, authorization);
    return this.#showAuthorization(authorization, base, step);
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

  #newOrder({ account, payload }: Signed, base: string): Response {
    const identifiers = payload["identifiers"] as { value: string }[];
    const names = identifiers.map(({ value }) => value);
    const id = this.#orders.length;
    const order: Order = { names, account, status: "pending", polls: this.pollsUntilIssued };
    this.#orders.push(order);
    for (const name of names) {
      this.#authorizations.push({
        order: id,
        name,
        token: crypto.randomUUID().replaceAll("-", ""),
        status: "pending",
        outcome: undefined,
        polls: this.pollsUntilValidated,
      });
    }
    const response = this.#showOrder(order, base, 201);
    response.headers.set("location", `${base}/order/${id}`);
    return response;
  }

  async #validate(authorization: Authorization): Promise<void> {
    const answer = await this.#options.answerTo(authorization.token);
    const isRight = answer?.startsWith(`${authorization.token}.`) === true;
    authorization.outcome = isRight ? "valid" : "invalid";
    if (!isRight) {
      authorization.error = problemOf("unauthorized", `${authorization.name} answered ${answer}`);
    }
  }

  #settle(order: Order, authorization: Authorization): void {
    const { outcome } = authorization;
    if (outcome === undefined || authorization.polls-- > 0) return;
    authorization.status = outcome;
    const all = this.#authorizations.filter(({ order: id }) => this.#orders[id] === order);
    if (order.status !== "pending") return;
    if (outcome === "invalid") order.status = "invalid";
    else if (all.every(({ status }) => status === "valid")) order.status = "ready";
  }

  async #finalize(order: Order, payload: Record<string, unknown>): Promise<void> {
    if (order.status !== "ready") throw problem(403, "orderNotReady", `it is ${order.status}`);
    const request = await readCertificateRequest(bytes(String(payload["csr"])));
    if (request.names.join() !== order.names.join()) throw problem(400, "badCSR", "other names");
    const now = this.issueFrom ?? this.#options.now();
    const { cert } = await issue({
      names: order.names,
      from: now,
      until: now + (this.#options.lifeMs ?? 90 * 86_400_000),
      issuer: this.#authority,
      keys: { publicKey: request.publicKey, privateKey: this.#authority.keys.privateKey },
    });
    order.chain = await this.alter(`${cert}${this.#authority.cert}`);
    order.status = "processing";
    if (order.polls-- <= 0) order.status = "valid";
  }

  #showOrder(order: Order, base: string, status = 200): Response {
    const id = this.#orders.indexOf(order);
    const authorizations = this.#authorizations.flatMap(({ order }, index) =>
      order === id ? [`${base}/authorization/${index}`] : []
    );
    return json(status, {
      status: order.status,
      authorizations,
      finalize: `${base}/finalize/${id}`,
      ...(order.status === "valid" && { certificate: `${base}/certificate/${id}` }),
      ...(order.status === "invalid" && { error: order.error }),
    }, this.#pollHeaders(order.status));
  }

  #showAuthorization(authorization: Authorization, base: string, step: Step): Response {
    const id = this.#authorizations.indexOf(authorization);
    const { name, status, outcome, token, error } = authorization;
    const isProcessing = status === "pending" && outcome !== undefined;
    const challenge = {
      type: "http-01",
      url: `${base}/challenge/${id}`,
      status: isProcessing ? "processing" : status,
      token,
      ...(status === "invalid" && { error }),
    };
    if (step === "challenge") return json(200, challenge);
    const other = { type: "dns-01", url: `${base}/challenge/x`, status: "pending", token: "x" };
    const identifier = { type: "dns", value: name };
    return json(
      200,
      { status, identifier, challenges: [other, challenge] },
      this.#pollHeaders(status),
    );
  }

  #pollHeaders(status: string): Record<string, string> {
    const isUnderWay = status === "pending" || status === "processing";
    return this.retryAfter !== undefined && isUnderWay ? { "retry-after": this.retryAfter } : {};
  }

  #withNonce(response: Response): Response {
    const nonce = crypto.randomUUID();
    this.#nonces.add(nonce);
    response.headers.set("replay-nonce", nonce);
    return response;
  }
}
