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

/** Of those whose certificates clients show, if their file is still the same. */
export function changesOfAuthorities(before: Tls, after: Tls): string[] {
  const isSame = before.clientAuthorities === after.clientAuthorities;
  return isSame || before.clientCa !== after.clientCa ? [] : ["tls.clientCa: its file changed"];
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
