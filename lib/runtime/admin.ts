/** The admin port of a running balancer. */
import type { Control } from "../admin/control.ts";
import { type Admin, serveAdmin } from "../admin/server.ts";
import type { Tokens } from "../admin/tokens.ts";
import { textOf } from "../config/values/content.ts";
import type { Configuration } from "../config/model.ts";
import { bindOrExplain } from "../net/listen_error.ts";
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

/**
 * Starts it.
 *
 * @returns undefined if it is off
 * @throws {ListenError} if the address cannot be listened on
 */
export function startAdmin(
  { config, report, ...administered }: Administered,
): Admin | undefined {
  const { admin } = config();
  if (admin?.port === undefined) return undefined;
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
  return bindOrExplain("the admin port", [{ hostname, port }], () => serveAdmin(options));
}

/** Of a configuration that is loaded: the files of its secrets have been read. */
function tokensOf({ admin }: Configuration): Tokens {
  const { token, readToken } = admin ?? {};
  return { token: token && textOf(token), readToken: readToken && textOf(readToken) };
}
