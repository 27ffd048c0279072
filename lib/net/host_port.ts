/** A host and a port as they are written in a URL: an IPv6 address is in brackets (RFC 3986, 3.2.2). */
export function formatHostPort(host: string, port: number): string {
  return `${formatHost(host)}:${port}`;
}

/** A host as it is written in a URL. */
export function formatHost(host: string): string {
  return host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
}

/** How this machine itself reaches what listens there: an address that means all of its own is `localhost`. */
export function formatLocalHostPort(host: string, port: number): string {
  const isAny = /^(?:0\.0\.0\.0|\[?::\]?)$/.test(host);
  return formatHostPort(isAny ? "localhost" : host, port);
}

/** Where a listener is: a host and a port, or the URL of a unix socket, which has no port. */
export function formatListener({ hostname, port }: { hostname: string; port: number }): string {
  return hostname.startsWith("unix:") ? hostname : formatHostPort(hostname, port);
}
