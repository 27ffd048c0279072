/** How much a head may hold. Two statuses, so that the client knows what to shorten. */
import type { Refusal } from "../../http/local_reply.ts";

/** The refusal of a head with more field lines than limits.headerLines (RFC 6585, 5). */
export const TOO_MANY_LINES: Refusal = {
  status: 431,
  reason: "the head has more lines than limits.headerLines",
  limit: "limits.headerLines",
};

const TARGET_TOO_LONG: Refusal = {
  status: 414,
  reason: "the target is longer than half of limits.headerSize",
};
const HEAD_TOO_LARGE: Refusal = {
  status: 431,
  reason: "the head is larger than limits.headerSize",
};

/**
 * Refuses a head that is too large: 414 if its target alone takes more than half of the limit
 * (RFC 9110, 15.5.15), otherwise 431 (RFC 6585, 5).
 *
 * @param targetBytes of the request target, as received
 * @param headBytes from the first byte of the request line to the end of the empty line
 * @param maxBytes limits.headerSize
 * @returns undefined if it is small enough
 */
export function refuseHeadSize(
  targetBytes: number,
  headBytes: number,
  maxBytes: number,
): Refusal | undefined {
  if (targetBytes > maxBytes / 2) return TARGET_TOO_LONG;
  return headBytes > maxBytes ? HEAD_TOO_LARGE : undefined;
}
