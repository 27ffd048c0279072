/** The admin port of a running balancer. */
import type { Control } from "../admin/control.ts";
import { delay } from "@std/async/delay";
import { type Admin, serveAdmin } from "../admin/server.ts";
import type { Tokens } from "../admin/tokens.ts";
import { textOf } from "../config/values/content.ts";
import type { Configuration } from "../config/model.ts";
import { ADMIN_MODE } from "../config/schema/listener.ts";
import type { TlsSettings } from "../engines/engine.ts";
import { bindOrExplain, checkSocketIsFree, ListenError } from "../net/listen_error.ts";
import { socketPathOf } from "../net/unix_socket.ts";
import type { Wheel } from "../time/timer_wheel.ts";
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
  readonly wheel: Wheel;
  /** Reports for the log. */
  readonly report: (notice: LogNotice) => void;
}

/** How long its address may take to become free, and how often that is tried, in milliseconds. */
const FREE_WITHIN_MS = 5_000;
const RETRY_MS = 20;

/** What it is called where it cannot be listened on. */
const PURPOSE = "the admin port";

export class AdminPort {
  readonly #administered: Administered;
  #admin: Admin | undefined;
  #address: Deno.NetAddr | undefined;

  constructor(administered: Administered) {
    this.#administered = administered;
  }

  /** Where it listens; undefined if it does not. A unix socket has its URL for a host. */
  get address(): Deno.NetAddr | undefined {
    return this.#address;
  }

  /** Opens it, unless it is off. @throws {ListenError} if the address cannot be listened on */
  async open(): Promise<void> {
    const { config, report, wheel, ...administered } = this.#administered;
    const { admin } = config();
    if (admin?.port === undefined) return;
    const { listener, remove, address } = await listen(admin);
    this.#address = address;
    this.#admin = serveAdmin({
      ...administered,
      listener,
      hostname: admin.host,
      removeSocket: remove,
      tls: admin.tls && { wheel, settings: () => tlsOf(config()) },
      tokens: () => tokensOf(config()),
      onError: (error: unknown) =>
        report({ kind: "fault", message: `the admin port failed: ${error}` }),
      onWarning: (message: string) => report({ kind: "warning", message }),
    });
  }

  /** Opens it once another balancer has given up its address. If that does not happen, it is reported. */
  async openLater(): Promise<void> {
    const until = performance.now() + FREE_WITHIN_MS;
    while (true) {
      try {
        return await this.open();
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

type AdminConfig = Exclude<Configuration["admin"], undefined>;

/** What clients come in at. */
interface Listening {
  readonly listener: Deno.TcpListener | Deno.UnixListener;
  /** Removes the file of a unix socket. */
  readonly remove?: () => void;
  readonly address: Deno.NetAddr;
}

/** @throws {ListenError} if that is not possible, or if somebody else listens on the unix socket */
async function listen(
  { host: hostname, port = 0, unix, mode = ADMIN_MODE }: AdminConfig,
): Promise<Listening> {
  if (unix === undefined) {
    const listener = bindOrExplain(
      PURPOSE,
      [{ hostname, port }],
      () => Deno.listen({ hostname, port }),
    );
    return { listener, address: listener.addr };
  }
  const name = `unix:${unix}`;
  const path = socketPathOf(name)!;
  const { placeSocket } = await import("../net/unix_listening.ts");
  await checkSocketIsFree(name, path, PURPOSE);
  const { listening: listener, remove } = bindOrExplain(
    PURPOSE,
    [{ hostname: name, port: 0, unix: { path } }],
    () =>
      placeSocket(
        path,
        mode,
        (path) => Deno.listen({ transport: "unix", path }),
        (listener) => listener.close(),
      ),
  );
  return { listener, remove, address: { transport: "tcp", hostname: name, port: 0 } };
}

/** Of a configuration that is loaded: the files of its certificates have been read. */
function tlsOf({ admin }: Configuration): TlsSettings {
  const certificates = admin!.tls!.certificates.map(({ loaded }) => loaded!);
  return { certificates, minVersion: "1.2" };
}

/** Of a configuration that is loaded: the files of its secrets have been read. */
function tokensOf({ admin }: Configuration): Tokens {
  const { token, readToken } = admin ?? {};
  return { token: token && textOf(token), readToken: readToken && textOf(readToken) };
}
