/**
 * The trial of an ejected backend: which request may be the one that finds out whether it works again.
 */
import { isTrialDue, type Standing } from "../health/ejection.ts";
import type { RequestFacts } from "../request_facts.ts";
import { isIdempotent } from "../retry.ts";

/**
 * Whether a request may be a backend's trial.
 *
 * A backend that broke off requests it had accepted is tried by idempotent ones: if the trial fails, any
 * other request is lost. If none comes for as long as the first ejection lasts, any request may try it.
 * A client that is tied to another backend would lose its session, so it tries none unless no other
 * client comes for as long, and then only with an idempotent request.
 *
 * @param isTied whether a cookie ties the client to another backend, which can take the request
 * @param ejectionTime how long a first ejection lasts, in milliseconds
 */
export function mayTry(
  standing: Standing,
  request: RequestFacts,
  isTied: boolean,
  ejectionTime: number,
  now: number,
): boolean {
  if (!isTrialDue(standing, now)) return false;
  const isOverdue = isTrialDue(standing, now - ejectionTime);
  const isRepeatable = isIdempotent(request.method);
  if (isTied) return isOverdue && isRepeatable;
  return isOverdue || isRepeatable || standing.ejectedAsUnreachable;
}
