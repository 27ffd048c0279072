/** Clients that show certificates, and listeners that ask for them. */
import { TLSSocket } from "node:tls";
import type { TlsSettings } from "../../lib/engines/engine.ts";
import { issue, type Issued, type IssueOptions } from "../../lib/tls/issue.ts";
import { balance as balanceWith, type TestOptions } from "./balancer.ts";
import { AUTHORITY, derOf, LOCALHOST_TLS, VALID } from "./certificates.ts";
import type { ScriptedBackend } from "./scripted_backend.ts";

export const DAY_MS = 86_400_000;
export const STAFF = await issue({ ...VALID, names: ["Staff CA"], isAuthority: true });
export const OTHER = await issue({ ...VALID, names: ["Staff CA"], isAuthority: true });
export const MIDDLE = await issue({
  ...VALID,
  names: ["Middle"],
  isAuthority: true,
  issuer: STAFF,
});

export function employee(options: Partial<IssueOptions> = {}): Promise<Issued> {
  return issue({ ...VALID, names: ["alice"], issuer: STAFF, ...options });
}

/** With the certificate above it. */
export async function below(middle: Issued): Promise<Issued> {
  const issued = await employee({ issuer: middle });
  return { ...issued, cert: issued.cert + middle.cert };
}

export const ALICE = await employee();

export function asking(isRequired: boolean, ...authorities: readonly Issued[]): TlsSettings {
  const pem = authorities.map(({ cert }) => cert).join("");
  return { ...LOCALHOST_TLS, clientAuthentication: { authorities: pem, isRequired } };
}

export const REQUIRED = asking(true, STAFF);
export const OPTIONAL = asking(false, STAFF);

export function balance(backend: ScriptedBackend, tls: TlsSettings, options: TestOptions = {}) {
  return balanceWith([backend.url], { tls, ...options, engine: "tcp" });
}

/** Counts the handshakes in which a server resumes a session: clients do not say it. */
export class Resumptions implements Disposable {
  readonly all: boolean[] = [];
  readonly #original = TLSSocket.prototype.isSessionReused;

  constructor() {
    const { all } = this;
    const original = this.#original;
    TLSSocket.prototype.isSessionReused = function () {
      const isReused = original.call(this);
      all.push(isReused);
      return isReused;
    };
  }

  [Symbol.dispose](): void {
    TLSSocket.prototype.isSessionReused = this.#original;
  }
}

/** A client that makes a new connection for each request, and resumes sessions: by the server's name, not its port. */
export class Visitor implements Disposable {
  readonly #client: Deno.HttpClient;

  constructor(identity?: Pick<Issued, "cert" | "key">) {
    this.#client = Deno.createHttpClient({
      caCerts: [AUTHORITY.cert],
      poolMaxIdlePerHost: 0,
      ...identity && { cert: identity.cert, key: identity.key },
    });
  }

  /** The status that a request gets; undefined if its connection fails. */
  async visit(port: number, init: RequestInit = {}): Promise<number | undefined> {
    const url = `https://localhost:${port}/`;
    try {
      const response = await fetch(url, { ...init, client: this.#client });
      await response.body?.cancel();
      return response.status;
    } catch (error) {
      if (error instanceof TypeError) return undefined;
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}

/** What backends got as Client-Cert. */
export function clientCerts({ requests }: ScriptedBackend): (string | undefined)[] {
  return requests.map(({ fields }) =>
    fields.filter(([name]) => /^client.cert/i.test(name)).map(([, value]) => value).join() ||
    undefined
  );
}

/** Its value for a certificate (RFC 9440, 2.1). */
export function valueFor(identity: Pick<Issued, "cert">): string {
  return `:${derOf(identity).toBase64()}:`;
}
