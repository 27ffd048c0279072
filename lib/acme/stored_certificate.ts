/** Reads the certificates of the store; what is of no use counts as absent. */
import { pemBlocks } from "../tls/pem.ts";
import { type AcmeCertificate, bestSubstitute, checkChain } from "./chain.ts";
import type { AcmeStore } from "./store/store.ts";

export interface FoundCertificate {
  /** Undefined if there is none that can be used. */
  readonly certificate: AcmeCertificate | undefined;
  /** What to warn of: why one that is there is not used, or who may read its key. */
  readonly problem?: string;
}

/** @param now in milliseconds since 1970 */
export async function findCertificate(
  store: AcmeStore,
  id: string,
  names: readonly string[],
  now: number,
): Promise<FoundCertificate> {
  const pem = await store.certificate(id);
  if (pem === undefined) return { certificate: undefined };
  const path = store.certificatePath(id);
  const certificate = readCertificate(pem, names, now);
  if (typeof certificate === "string") {
    return {
      certificate: undefined,
      problem: `the certificate in ${path} is not used: ${certificate}`,
    };
  }
  if (!await store.isReadableByOthers(path)) return { certificate };
  return { certificate, problem: `others can read the private key in ${path}: chmod 600 ${path}` };
}

/** Another certificate of the store that covers some of the names. @param suffix of the authority (records.ts) */
export async function findSubstitute(
  store: AcmeStore,
  suffix: string,
  names: readonly string[],
  now: number,
): Promise<AcmeCertificate | undefined> {
  const found: AcmeCertificate[] = [];
  for (const id of await store.certificateIds(suffix)) {
    const pem = await store.certificate(id);
    const certificate = pem === undefined ? undefined : readCertificate(pem, [], now);
    if (typeof certificate === "object") found.push(certificate);
  }
  return bestSubstitute(found, names);
}

/** @returns what is wrong with it, if something is */
function readCertificate(
  pem: string,
  names: readonly string[],
  now: number,
): AcmeCertificate | string {
  const key = pemBlocks(pem).find(({ label }) => label === "PRIVATE KEY")?.text;
  if (key === undefined) return "there is no private key in it";
  return checkChain(pem, { key, names, now });
}
