/** Limits that are to be no limits here, the same for all contenders. */

/** More than the connections of any load, in every worker. */
export const MAX_CONNECTIONS = 8_000;

/** Requests that a connection may carry. */
export const MANY = 1_000_000_000;

/** How long a connection may be idle, in seconds: longer than any bench takes to come back to it. */
export const LONG_S = 3_600;
