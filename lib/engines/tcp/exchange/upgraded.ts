/** Serves a connection that the backend has upgraded: how long it may be quiet is a matter of its phases. */
import type { BackendConnection } from "../backend/connection.ts";
import type { ClientConnection } from "../client/connection.ts";
import type { Phase } from "../client/phases.ts";
import type { Context } from "./context.ts";
import type { TcpRequest } from "./request.ts";
import { addedLines, hstsFor } from "./route_changes.ts";
import { openTunnel } from "./tunnel.ts";

export interface Upgraded {
  readonly request: TcpRequest;
  /** To the backend that answered 101. */
  readonly connection: BackendConnection;
  /** The sticky cookie that its response sets, if any. */
  readonly cookie: string | undefined;
}

/**
 * Sends the 101, and passes bytes both ways until both sides have ended. timeouts.request does not count
 * any more.
 *
 * @throws if either side breaks the connection
 */
export async function serveUpgraded(
  client: ClientConnection,
  { wheel, smalls, isTrusted }: Context,
  { request, connection, cookie }: Upgraded,
): Promise<void> {
  if (request.deadline !== undefined) wheel.clear(request.deadline);
  let phase: Phase = "tunnel";
  await openTunnel({
    client,
    connection,
    cookie,
    added: addedLines(request, isTrusted),
    drops: request.way?.route.response?.drops,
    hsts: hstsFor(client, request.way!.route),
    buffer: smalls.borrow(),
    overhead: request,
    onBytes: () => client.enter(phase),
    onHalfClosed: () => client.enter(phase = "half-closed tunnel"),
  });
}
