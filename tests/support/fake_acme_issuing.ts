/** What an ACME authority keeps of orders, and how it issues certificates, for a test: no HTTP but what it answers. */
import { issue, type Issued } from "../../lib/tls/issue.ts";
import { bytes, json, problem, problemOf, type Signed } from "./acme_messages.ts";
import { readCertificateRequest } from "./certificate_request_reader.ts";

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

export interface IssuingOptions {
  /** The time of day, in milliseconds since 1970. */
  readonly now: () => number;
  /** Answers challenges; undefined if there is no such token. */
  readonly answerTo: (token: string) => Promise<string | undefined>;
  /** How long its certificates are valid, in milliseconds. */
  readonly lifeMs?: number;
}

/** It checks what it gets as strictly as a real one. */
export abstract class FakeIssuing {
  /** How often authorizations and orders are asked for until they are decided. */
  pollsUntilValidated = 0;
  pollsUntilIssued = 0;
  retryAfter: string | undefined;
  /** When its certificates begin to be valid, if that is not now. */
  issueFrom: number | undefined;
  /** Changes what is issued. */
  alter: (chain: string) => string | Promise<string> = (chain) => chain;

  readonly #options: IssuingOptions;
  readonly #authority: Issued;
  #orders: Order[] = [];
  #authorizations: Authorization[] = [];

  constructor(options: IssuingOptions, authority: Issued) {
    this.#options = options;
    this.#authority = authority;
  }

  get authority(): Issued {
    return this.#authority;
  }

  get orders(): readonly Pick<Order, "names" | "status">[] {
    return this.#orders;
  }

  /** Loses all of them. */
  protected forget(): void {
    this.#orders = [];
    this.#authorizations = [];
  }

  /** The answer to a request that is about one of them. @param id of it, or of an authorization of it */
  protected async answerFor(
    step: "order" | "authorization" | "challenge" | "finalize" | "certificate",
    id: number,
    { account, payload }: Signed,
    base: string,
  ): Promise<Response> {
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

  protected newOrder({ account, payload }: Signed, base: string): Response {
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

  #showAuthorization(authorization: Authorization, base: string, step: string): Response {
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
}
