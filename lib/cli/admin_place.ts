/** Where an admin port is, and one request to it. */
import type { AdminAccess } from "../config/load_admin.ts";
import { failedFetch } from "../net/fetch_error.ts";
import { formatLocalHostPort } from "../net/host_port.ts";
import { SOCKET_URL, socketPathOf } from "../net/unix_socket.ts";
import type { AdminRequestInit, OwnTrust } from "./secure_fetch.ts";

/** `http://127.0.0.1:5001`, `https://127.0.0.1:5001`, or `unix:/run/admin.sock`. */
export interface AdminPlace {
  readonly origin: string;
  /** Of https: what its certificate is checked by. */
  readonly trust?: Trust | undefined;
}

/** By default it must have a name in it, and come from an authority that everybody trusts. */
export type Trust = OwnTrust | {
  /** Of authorities that are trusted, too, in PEM. */
  readonly authorities: string;
};

/** What errors have to say of certificates, and of one that is for other names. */
const OF_CERTIFICATE = /certificate/i;
const OF_NAME = /not valid for name|does not match certificate/i;

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
  { origin, trust }: AdminPlace,
  path: string,
  init: AdminRequestInit,
): Promise<Response> {
  if (trust === "anybody" || trust !== undefined && "own" in trust) {
    const { fetchSecurely } = await import("./secure_fetch.ts");
    return await fetchSecurely(origin + path, init, trust);
  }
  const socket = socketPathOf(origin);
  using client = Deno.createHttpClient({
    ...socket === undefined ? {} : { proxy: { transport: "unix", path: socket } },
    ...trust && { caCerts: [trust.authorities] },
  });
  const base = socket === undefined ? origin : SOCKET_URL;
  return await fetch(base + path, { ...init, redirect: "manual", client });
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
  const isRefused = origin.startsWith("https:") && OF_CERTIFICATE.test(detail);
  return {
    isNothing: failure === "connection_refused",
    detail: isRefused ? `its certificate is not accepted: ${detail}: ${cureOf(detail)}` : detail,
  };
}

/** @param detail what is wrong with a certificate */
function cureOf(detail: string): string {
  return OF_NAME.test(detail)
    ? "--admin must have a name or address of it"
    : "--admin-ca FILE names an authority to trust";
}
