/** The error for a message that is too large, or not valid by RFC 9110 and 9112. */
import type { Refusal } from "../../../http/local_reply.ts";

export class Malformed extends Error implements Refusal {
  override name = "Malformed";
  readonly status: Refusal["status"];
  readonly reason: string;
  readonly limit: string | undefined;

  /**
   * @param reason completes a sentence, and quotes nothing of the message
   * @param status of the response to the client
   * @param limit of this program that the message is over; undefined if the message itself is at fault
   */
  constructor(reason: string, status: Refusal["status"] = 400, limit?: string) {
    super(reason);
    this.reason = reason;
    this.status = status;
    this.limit = limit;
  }
}

/** The refusal as an error. */
export function malformed({ reason, status, limit }: Refusal): Malformed {
  return new Malformed(reason, status, limit);
}

/** Throws the refusal as an error, if there is one. @throws {Malformed} */
export function throwIfRefused(refusal: Refusal | undefined): void {
  if (refusal !== undefined) throw malformed(refusal);
}
