/** What stands for something of the request in the value of a header. */
export const PLACEHOLDERS = [
  "client",
  "host",
  "method",
  "path",
  "request_id",
  "route",
  "user",
] as const;
