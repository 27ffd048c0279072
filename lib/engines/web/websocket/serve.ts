/** Serves a client whose WebSocket a backend has opened: until one of them closes it, or it must end. */
import type { Backend } from "../../../backends/backend.ts";
import type { Failed } from "../../../outcome.ts";
import type { Timeouts } from "../../../routing/route.ts";
import type { Wheel } from "../../../time/timer_wheel.ts";
import { CLIENT_GONE } from "../../shared/failures.ts";
import type { WebRequest } from "../request.ts";
import { type Additions, withAdditions } from "../respond.ts";
import type { Tunnel, Tunnels } from "../tunnels.ts";
import type { Relay } from "./relay.ts";

export interface ServeOptions {
  readonly request: WebRequest;
  readonly wheel: Wheel;
  readonly tunnels: Tunnels;
  readonly timeouts: Timeouts;
  readonly backend: Backend;
  /** The listener that it came in at. */
  readonly source: object;
  readonly additions: Additions;
  /** Called once it is over. @param broken why; undefined if one side has closed in due form */
  readonly onEnd: (broken: Failed | undefined) => void;
}

export interface ServedSocket {
  /** The 101, which must be sent. */
  readonly response: Response;
  readonly sentBytes: () => number;
  readonly broken: () => Failed | undefined;
  /** Resolves when it is over. */
  readonly over: Promise<void>;
}

/** Upgrades the client's connection, and relays. */
export function serveSocket(
  relay: Relay,
  { request, wheel, tunnels, timeouts, backend, source, additions, onEnd }: ServeOptions,
): ServedSocket {
  const { promise: over, resolve } = Promise.withResolvers<void>();
  let broken: Failed | undefined;
  const tunnel: Tunnel = {
    uid: backend.uid,
    source,
    closed: relay.closed,
    end: (reason) => relay.end(reason),
  };
  const finish = (reason: Failed | undefined) => {
    broken = reason;
    tunnels.remove(tunnel);
    onEnd(reason);
    resolve();
  };
  request.whenClientGone(() => relay.noteClientGone()); // after the upgrade, nobody says so
  const { socket, response } = upgrade(request, relay, additions, finish);
  tunnels.add(tunnel);
  relay.open(socket, { wheel, idleTimeout: timeouts.tunnelIdle, onEnd: finish });
  if (request.clientGone) relay.noteClientGone();
  return { response, sentBytes: () => relay.sentBytes, broken: () => broken, over };
}

function upgrade(
  request: WebRequest,
  relay: Relay,
  additions: Additions,
  finish: (reason: Failed) => void,
): Deno.WebSocketUpgrade {
  try {
    const fields = [...new Headers(withAdditions(protocolField(relay), additions))];
    const upgraded = request.upgrade();
    for (const [name, value] of fields) upgraded.response.headers.append(name, value);
    return upgraded;
  } catch (error) {
    relay.end(CLIENT_GONE);
    finish(CLIENT_GONE);
    throw error;
  }
}

/** Deno would find it only among names that the client has separated by a comma and a blank. */
function protocolField({ protocol }: Relay): [string, string][] {
  return protocol === "" ? [] : [["sec-websocket-protocol", protocol]];
}
