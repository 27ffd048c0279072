/** Limits so high that the bench never reaches them, the same for all contenders. */

/** More than the connections of any load, in every worker. */
export const MAX_CONNECTIONS = 8_000;

/** How many requests a connection may carry. */
export const MAX_REQUESTS = 1_000_000_000;

/** How long a connection may be idle: longer than a run of the bench keeps one idle. */
export const MAX_IDLE_S = 3_600;
