/** The admin port of a running balancer. */
import type { Control } from "../admin/control.ts";
import { delay } from "@std/async/delay";
import { type Admin, serveAdmin } from "../admin/server.ts";
import type { Tokens } from "../admin/tokens.ts";
import { textOf } from "../config/values/content.ts";
import type { Configuration } from "../config/model.ts";
import { bindOrExplain, ListenError } from "../net/listen_error.ts";
import type { LogNotice } from "./messages.ts";

/** What the admin port reports on, and changes. */
export interface Administered {
  readonly control: Control;
  /** Why only a restart would help; undefined if nothing needs that. */
  readonly fault: () => string | undefined;
  /** Why it should get no requests; undefined if it should. */
  readonly unreadiness: () => string | undefined;
  /** The configuration in force. */
  readonly config: () => Configuration;
  /** Reports for the log. */
  readonly report: (notice: LogNotice) => void;
}

/** How long its address may take to become free, and how often that is tried, in milliseconds. */
const FREE_WITHIN_MS = 5_000;
const RETRY_MS = 20;

export class AdminPort {
  readonly #administered: Administered;
  #admin: Admin | undefined;

  constructor(administered: Administered) {
    this.#administered = administered;
  }

  /** Where it listens; undefined if it does not. */
  get address(): Deno.NetAddr | undefined {
    return this.#admin?.address;
  }

  /** Opens it, unless it is off. @throws {ListenError} if the address cannot be listened on */
  open(): void {
    const { config, report, ...administered } = this.#administered;
    const { admin } = config();
    if (admin?.port === undefined) return;
    const { host: hostname, port } = admin;
    const options = {
      ...administered,
      hostname,
      port,
      tokens: () => tokensOf(config()),
      onError: (error: unknown) =>
        report({ kind: "fault", message: `the admin port failed: ${error}` }),
      onWarning: (message: string) => report({ kind: "warning", message }),
    };
    const listen = () => serveAdmin(options);
    this.#admin = bindOrExplain("the admin port", [{ hostname, port }], listen);
  }

  /** Opens it once another balancer has given up its address. If that does not happen, it is reported. */
  async openLater(): Promise<void> {
    const until = performance.now() + FREE_WITHIN_MS;
    while (true) {
      try {
        return this.open();
      } catch (error) {
        if (!(error instanceof ListenError)) throw error;
        if (performance.now() >= until) {
          const message = `${error.message}: this instance serves without it`;
          return this.#administered.report({ kind: "fault", message });
        }
        await delay(RETRY_MS);
      }
    }
  }

  /** Gives its address up, so that another balancer can have it; what has come in is answered. */
  release(): void {
    this.#admin?.release();
  }

  /** Closes it. */
  shutdown(): void {
    this.#admin?.shutdown();
  }
}

/** Of a configuration that is loaded: the files of its secrets have been read. */
function tokensOf({ admin }: Configuration): Tokens {
  const { token, readToken } = admin ?? {};
  return { token: token && textOf(token), readToken: readToken && textOf(readToken) };
}
