/** Reads the certificate of the admin port and its key, checks them, and puts them into the configuration. */
import { readAll, type Reading } from "./certificates.ts";
import type { Configuration } from "./model.ts";

/** The same configuration with the certificate of the admin port. */
export function readAdminCertificate(
  configuration: Configuration,
  reading: Reading,
): Configuration {
  const { admin } = configuration;
  if (admin?.tls === undefined) return configuration;
  const certificates = readAll(admin.tls.certificates, ["admin", "tls", "certificates"], reading);
  return { ...configuration, admin: { ...admin, tls: { ...admin.tls, certificates } } };
}
