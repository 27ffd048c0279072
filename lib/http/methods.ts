/** The methods that HTTP defines for forwarding (RFC 9110, 9.3; RFC 5789). */
export const COMMON_METHODS: ReadonlySet<string> = new Set([
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "PATCH",
  "DELETE",
  "OPTIONS",
]);
