/** Unix sockets, as the configuration writes them: `unix:/run/app.sock`, or `unix:@app` for an abstract name. */

const SCHEME = "unix:";

/** What stands for the URL of what listens there: it has no name of its own. */
export const SOCKET_URL = "http://localhost";

/**
 * What the system calls a socket.
 *
 * @param url of a backend
 * @returns its path, or an abstract name behind a zero byte (unix(7)); undefined if the URL is that of no socket
 */
export function socketPathOf(url: string): string | undefined {
  if (!url.startsWith(SCHEME)) return undefined;
  return url.slice(SCHEME.length).replace(/^@/, "\0");
}

/** Whether a URL is that of an abstract socket: it has no file. */
export function isAbstract(url: string): boolean {
  return url.startsWith(`${SCHEME}@`);
}
