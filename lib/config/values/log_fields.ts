/**
 * What a line of the access log can have beside what it always has, in the order in which a line has them:
 * `log.fields`.
 */
export const LOG_FIELDS = ["host", "listener", "user", "user_agent", "referer"] as const;

export type LogField = typeof LOG_FIELDS[number];
