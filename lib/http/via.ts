/** Via (RFC 9110, 7.6.3): the proxies that a message came through, each with a name. */

/**
 * Whether Via says that a message came through the proxy of a name before.
 *
 * Each proxy appends an item: the protocol, its name, perhaps a comment. A comma in a comment is taken for
 * the end of an item all the same: a client that opens a comment and does not close it must not be able to
 * hide what proxies append to it.
 *
 * @param via the value, several lines joined by commas
 * @param name a token
 */
export function hasPassed(via: string, name: string): boolean {
  if (!via.includes(name)) return false;
  return via.split(",").some((item) => item.trim().split(/[ \t]+/)[1] === name);
}
