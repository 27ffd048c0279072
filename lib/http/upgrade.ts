/** Upgrade: the wish of a client to go on in another protocol (RFC 9110, 7.8). */

/**
 * The protocols that Upgrade lists, without HTTP/2 in cleartext: h2c is obsolete (RFC 9113, 3.1), and requests
 * in such a tunnel would bypass every rule of this proxy. Some clients offer it with every request, and
 * are content if it is ignored.
 *
 * @param upgrade the value of the field
 * @returns the list; undefined if nothing is left
 */
export function protocolsOf(upgrade: string): string | undefined {
  const protocols = upgrade.split(",")
    .map((protocol) => protocol.trim())
    .filter((protocol) => protocol !== "" && !/^h2/i.test(protocol));
  return protocols.length === 0 ? undefined : protocols.join(", ");
}
