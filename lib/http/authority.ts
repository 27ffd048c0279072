/**
 * A host and an optional port, as in Host (RFC 9110, 7.2) and in an absolute-form target: RFC 3986,
 * 3.2.2 without userinfo, and with a host of at least one character.
 */
const AUTHORITY =
  /^(?:\[[0-9A-Fa-f:.]{2,45}\]|(?:[A-Za-z0-9\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2})+)(?::\d{0,5})?$/;

/** Whether the text is a host and an optional port, and nothing else. */
export function isAuthority(text: string): boolean {
  return AUTHORITY.test(text);
}
