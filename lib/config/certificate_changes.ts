/** What has changed of the certificates of a listener, without a byte of them or of their keys. */
import { titleOf } from "../tls/certificate_details.ts";
import { isEqual } from "./differences.ts";
import type { Configuration, PoolConfig } from "./model.ts";

type Tls = NonNullable<Configuration["listeners"][string]["tls"]>;
type Certificates = NonNullable<Tls["certificates"]>;
type Certificate = Certificates[number];

/** @returns such as `certificate of www.example.com changed`; empty if nothing has changed */
export function changesOfCertificates(before: Certificates, after: Certificates): string[] {
  const [was, is] = [byFiles(before), byFiles(after)];
  const kept = [...is.keys()].filter((files) => was.has(files));
  const keptBefore = [...was.keys()].filter((files) => is.has(files));
  return [
    ...kept.filter((files) => !isEqual(was.get(files), is.get(files)))
      .map((files) => `certificate of ${nameOf(is.get(files)!)} changed`),
    ...[...is].filter(([files]) => !was.has(files))
      .map(([, certificate]) => `certificate of ${nameOf(certificate)} added`),
    ...[...was].filter(([files]) => !is.has(files))
      .map(([, certificate]) => `certificate of ${nameOf(certificate)} removed`),
    ...isEqual(kept, keptBefore) ? [] : ["order of certificates"],
  ];
}

/** Of those whose certificates are trusted, if their files are still the same. */
export function changesOfAuthorities(before: Tls, after: Tls): string[] {
  const files = [
    ["tls.clientCa", before.clientCa, after.clientCa],
    ["tls.acme.directoryCa", before.acme?.directoryCa, after.acme?.directoryCa],
  ] as const;
  const isSame = [
    before.clientAuthorities === after.clientAuthorities,
    before.acme?.directoryAuthorities === after.acme?.directoryAuthorities,
  ];
  return files.flatMap(([name, was, is], index) =>
    isSame[index] || was !== is ? [] : [`${name}: its file changed`]
  );
}

/** Of the certificate that a listener gets by itself. */
export function changesOfAcme(before: Tls, after: Tls): string[] {
  const [was, is] = [before.acme?.loaded, after.acme?.loaded];
  if (is === undefined || was?.fingerprint === is.fingerprint) return [];
  return [`certificate of ${titleOf(is)}, by ACME, changed`];
}

/** What the files hold by now that a pool names for TLS as before, such as `tls.ca changed`. */
export function changesOfBackendTls(before: PoolConfig["tls"], after: PoolConfig["tls"]): string[] {
  if (before === undefined || after === undefined) return [];
  const [was, is] = [before.loaded, after.loaded];
  return [
    ...before.ca === after.ca && was?.ca !== is?.ca ? ["tls.ca changed"] : [],
    ...before.cert === after.cert && was?.client?.cert !== is?.client?.cert
      ? ["tls.cert changed"]
      : [],
  ];
}

function byFiles(certificates: Certificates): ReadonlyMap<string, Certificate> {
  return new Map(certificates.map((certificate) => [filesOf(certificate), certificate]));
}

function filesOf({ cert, key }: Certificate): string {
  return JSON.stringify([cert, key]);
}

function nameOf({ cert, loaded }: Certificate): string {
  return loaded === undefined ? cert : titleOf(loaded);
}
