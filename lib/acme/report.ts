/** What the log says of certificates. */
import { formatDuration } from "../config/values/quantities.ts";
import { type AcmeCertificate, isoTime } from "./chain.ts";

interface Failed {
  readonly names: readonly string[];
  /** The authority's URL. */
  readonly directory: string;
  readonly reason: string;
  /** What is used meanwhile. */
  readonly inUse: AcmeCertificate | undefined;
  /** In milliseconds since 1970. */
  readonly now: number;
  readonly retryAt: number;
}

/** What failed, why, what is used meanwhile, and when it is tried again. */
export function describeFailure(
  { names, directory, reason, inUse, now, retryAt }: Failed,
): string {
  const what = inUse === undefined
    ? "Cannot get a certificate for "
    : "Cannot renew the certificate for ";
  const next = `next try in ${roughly(retryAt - now)}, at ${isoTime(retryAt)}`;
  return `${what}${names.join(", ")} from ${directory}: ${reason}; ` +
    `${describeInUse(names, inUse, now)}; ${next}`;
}

function describeInUse(
  names: readonly string[],
  inUse: AcmeCertificate | undefined,
  now: number,
): string {
  if (inUse === undefined) return "there is none yet";
  const missing = names.filter((name) => !inUse.names.includes(name));
  const lack = missing.length === 0 ? "" : ` and lacks ${missing.join(", ")}`;
  return now < inUse.notAfter
    ? `the one in use is valid until ${isoTime(inUse.notAfter)}${lack}`
    : `the one in use expired at ${isoTime(inUse.notAfter)}${lack}`;
}

/** `4m`: whole seconds, and from ten minutes on whole minutes. */
function roughly(milliseconds: number): string {
  const unit = milliseconds < 600_000 ? 1_000 : 60_000;
  return formatDuration(Math.max(unit, Math.ceil(milliseconds / unit) * unit));
}

export function describeIssued(
  { notAfter }: AcmeCertificate,
  names: readonly string[],
  renewAt: number,
): string {
  return `there is a new certificate for ${names.join(", ")}, valid until ${isoTime(notAfter)}` +
    `; it is renewed at ${isoTime(renewAt)}`;
}
