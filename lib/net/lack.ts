/**
 * Errors that say that this machine has no more to give: no file descriptor, no memory, no local port.
 * They say nothing of the other side.
 *
 * Each pattern is for all that is known of an error, as of {@linkcode describeError}: Deno gives some of
 * them a code, some (ENFILE, those of fetch) only a text. The numbers are Linux's.
 */

/** This process, or the system, has no file descriptor left. */
export const NO_DESCRIPTOR = /\bE[MN]FILE\b|\(os error 2[34]\)/;

const NO_MEMORY = /\bENOBUFS\b|\bENOMEM\b|\(os error (?:12|105)\)/;

/** No local port is free for that address (connect(2)). */
const NO_PORT = /\bEADDRNOTAVAIL\b|\bEADDRINUSE\b|\bEAGAIN\b|\(os error (?:11|98|99)\)/;

/** There is nothing to accept a connection with (accept(2)). */
export const NOTHING_TO_ACCEPT_WITH = anyOf(NO_DESCRIPTOR, NO_MEMORY);

/** There is nothing to connect with (socket(2), connect(2)). */
export const NOTHING_TO_CONNECT_WITH = anyOf(NO_DESCRIPTOR, NO_MEMORY, NO_PORT);

function anyOf(...patterns: readonly RegExp[]): RegExp {
  return new RegExp(patterns.map(({ source }) => source).join("|"));
}
