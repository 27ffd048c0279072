/** Where an admin port is, and one request to it. */
import type { AdminAccess } from "../config/load_admin.ts";
import { failedFetch } from "../net/fetch_error.ts";
import { formatLocalHostPort } from "../net/host_port.ts";
import { SOCKET_URL, socketPathOf } from "../net/unix_socket.ts";

/** `http://127.0.0.1:5001`, `https://127.0.0.1:5001`, or `unix:/run/admin.sock`. */
export interface AdminPlace {
  readonly origin: string;
  /** Of https: what its certificate is checked by. */
  readonly trust?: Trust | undefined;
}

/** `anybody` is not checked at all: nothing may be sent that is secret. */
export type Trust = "anybody" | {
  /** The certificate that it is known to have, in PEM with those above it; its names do not matter. */
  readonly own?: string | undefined;
  /** The authorities that issue others, in PEM; undefined for those that everybody trusts. */
  readonly authorities?: string | undefined;
};

/** What of `fetch` is used here. */
export interface AdminRequestInit {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

/** Where somebody on this machine reaches what listens there. */
export function originOf({ host, port, unix, certificate }: Omit<AdminAccess, "token">): string {
  if (unix !== undefined) return `unix:${unix}`;
  const scheme = certificate === undefined ? "http" : "https";
  return `${scheme}://${formatLocalHostPort(host, port)}`;
}

/** For messages: http goes without saying. */
export function addressOf({ origin }: AdminPlace): string {
  return origin.replace(/^http:\/\//, "");
}

/** Sends one request. Redirects are not followed: whatever is sent is for this port only. */
export async function fetchFrom(
  { origin, trust = {} }: AdminPlace,
  path: string,
  init: AdminRequestInit,
): Promise<Response> {
  if (origin.startsWith("https:")) {
    const { fetchSecurely } = await import("./secure_fetch.ts");
    return await fetchSecurely(origin + path, init, trust);
  }
  const socket = socketPathOf(origin);
  if (socket === undefined) return await fetch(origin + path, { ...init, redirect: "manual" });
  using client = Deno.createHttpClient({ proxy: { transport: "unix", path: socket } });
  return await fetch(SOCKET_URL + path, { ...init, redirect: "manual", client });
}

/** Why a request failed. */
export interface Unreachable {
  /** Whether nothing listens there. */
  readonly isNothing: boolean;
  readonly detail: string;
}

export function whyUnreachable(error: unknown, { origin }: AdminPlace): Unreachable {
  if (error instanceof Deno.errors.ConnectionRefused) {
    return { isNothing: true, detail: error.message };
  }
  const { failure, detail } = failedFetch(error, socketPathOf(origin) !== undefined);
  return { isNothing: failure === "connection_refused", detail };
}
