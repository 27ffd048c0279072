/** A message, or a part of one, that is not taken: too large, or not what RFC 9110 and 9112 allow. */
import type { Refusal } from "../../../http/local_reply.ts";

export class Malformed extends Error implements Refusal {
  override name = "Malformed";
  readonly status: Refusal["status"];
  readonly reason: string;

  /** @param reason the end of a sentence; names no byte of the message */
  constructor(reason: string, status: Refusal["status"] = 400) {
    super(reason);
    this.reason = reason;
    this.status = status;
  }
}

/** Throws a refusal, if there is one. @throws {Malformed} */
export function throwIfRefused(refusal: Refusal | undefined): void {
  if (refusal !== undefined) throw new Malformed(refusal.reason, refusal.status);
}
