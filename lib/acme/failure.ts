/** Why an attempt to get a certificate failed. */

/**
 * - `outage`: the authority was not reached, was slow, or broke down; the order under way may go on later.
 * - `limited`: it asks for a pause; the order may go on after that.
 * - `refused`: it said no, or what came is of no use; only a new order can succeed.
 * - `account unknown`: it has lost the account, and what belonged to it; both are made anew.
 */
export type AcmeFailureKind = "outage" | "limited" | "refused" | "account unknown";

export class AcmeFailure extends Error {
  override readonly name = "AcmeFailure";
  readonly kind: AcmeFailureKind;
  /** How long the authority wants not to be asked again, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(kind: AcmeFailureKind, message: string, retryAfterMs?: number) {
    super(message);
    this.kind = kind;
    this.retryAfterMs = retryAfterMs;
  }
}
