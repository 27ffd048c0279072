/** Reads the certificate of the admin port and its key, checks them, and puts them into the configuration. */
import { type CertificateFiles, readAll } from "./certificates.ts";
import type { Configuration } from "./model.ts";
import type { Problem } from "./problems/problem.ts";
import type { RuleContext } from "./rules/context.ts";

/** As {@linkcode readCertificates}, for the admin port. */
export function readAdminCertificate(
  configuration: Configuration,
  files: CertificateFiles,
  context: RuleContext,
  now: number,
  problems: Problem[],
): Configuration {
  const { admin } = configuration;
  if (admin?.tls === undefined) return configuration;
  const path = ["admin", "tls", "certificates"];
  const reading = { files, context, now, problems };
  const certificates = readAll(admin.tls.certificates, path, reading);
  return { ...configuration, admin: { ...admin, tls: { ...admin.tls, certificates } } };
}
