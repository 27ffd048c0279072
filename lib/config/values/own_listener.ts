/** Tells whether a backend would be the balancer itself, as far as its own addresses are known. */

/** Where requests come in. */
interface Listening {
  readonly host: string;
  readonly port: number;
  readonly unix?: string | undefined;
}

/** The addresses of this machine by which it is known to reach itself. */
const LOOPBACK = /^(?:localhost\.?|127(?:\.\d{1,3}){3}|\[::1\])$/;

/**
 * A balancer that is its own backend would send each request in a circle.
 *
 * @param hostname as a URL has it: an IPv6 address is in brackets
 * @returns the name of the listener that has this address; undefined if none has
 */
export function findOwnListener(
  listeners: Readonly<Record<string, Listening>>,
  hostname: string,
  port: number,
): string | undefined {
  const self = Object.entries(listeners).find(([, { host, port: own, unix }]) =>
    unix === undefined && own === port &&
    (hostname === host || hostname === `[${host}]` || LOOPBACK.test(hostname) && isLocal(host))
  );
  return self?.[0];
}

/** The same for a backend on a unix socket. @param url such as `unix:/run/app.sock` */
export function findOwnSocket(
  listeners: Readonly<Record<string, Listening>>,
  url: string,
): string | undefined {
  return Object.entries(listeners).find(([, { unix }]) => `unix:${unix}` === url)?.[0];
}

/** Whether what listens there can be reached over loopback. */
function isLocal(host: string): boolean {
  return ["0.0.0.0", "::", "localhost", "::1"].includes(host) || host.startsWith("127.");
}
