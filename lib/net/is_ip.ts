/** Tells addresses from names, as `isIP` of node:net does, which would cost each thread 3 MB of memory. */

/** @returns the version of the address; 0 if the text is none, or has a zone such as `%eth0` */
export function isIP(text: string): 0 | 4 | 6 {
  // The parser of URLs takes more spellings of IPv4 addresses, such as 0x7f.1, and normalizes them.
  if (/^[\d.]*\d$/.test(text)) return URL.parse(`http://${text}`)?.hostname === text ? 4 : 0;
  return /^[\dA-Fa-f:.]+$/.test(text) && URL.canParse(`http://[${text}]`) ? 6 : 0;
}
