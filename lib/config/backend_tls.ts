/** Reads what pools name for TLS to their backends, checks it, and puts it into the configuration. */
import { X509Certificate } from "node:crypto";
import { checkCertificate } from "../tls/check_certificate.ts";
import { expiryOf } from "../tls/certificate_details.ts";
import { pemBlocks } from "../tls/pem.ts";
import { type CertificateFiles, EXPOSED_KEY, type Reading } from "./certificates.ts";
import { readOr } from "./contents.ts";
import type { Configuration, PoolConfig } from "./model.ts";
import type { Problem } from "./problems/problem.ts";
import { problemAt } from "./rules/context.ts";
import type { Path } from "./tree/node.ts";

type PoolTls = NonNullable<PoolConfig["tls"]>;
type Loaded = NonNullable<PoolTls["loaded"]>;
type Report = (setting: string, message: string, severity?: Problem["severity"]) => void;

/** The same configuration with what its pools have for TLS. */
export function readBackendTls(configuration: Configuration, reading: Reading): Configuration {
  const { context, problems } = reading;
  const pools = Object.entries(configuration.pools).map(([name, pool]) => {
    const { tls } = pool;
    if (tls === undefined) return [name, pool] as const;
    const path: Path = ["pools", name, "tls"];
    const report: Report = (setting, message, severity = "error") =>
      void problems.push(problemAt(context, [...path, setting], message, { severity }));
    const loaded: Loaded = {
      ca: readAuthorities(tls, path, reading, report),
      client: readClient(tls, path, reading, report),
    };
    return [name, { ...pool, tls: { ...tls, loaded } }] as const;
  });
  return { ...configuration, pools: Object.fromEntries(pools) };
}

function readAuthorities(
  { ca }: PoolTls,
  path: Path,
  { files, now }: Reading,
  report: Report,
): string | undefined {
  if (ca === undefined) return undefined;
  const text = readFile(ca, "ca", path, files, report);
  if (text === undefined) return undefined;
  const blocks = pemBlocks(text).filter(({ label }) => label === "CERTIFICATE");
  if (blocks.length === 0) report("ca", "must name a file with a certificate in PEM");
  for (const [index, block] of blocks.entries()) {
    const number = `number ${index + 1} of ${blocks.length}`;
    const certificate = readAuthority(block.text);
    if (certificate === undefined) {
      report("ca", `must name a file with certificates in PEM: ${number} is none`);
      continue;
    }
    const expiry = expiryOf({ notAfter: Date.parse(certificate.validTo) }, now);
    if (expiry !== undefined) {
      report("ca", `names a certificate that ${expiry}: ${number}`, "warning");
    }
  }
  return blocks.map((block) => block.text).join("\n");
}

function readAuthority(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined; // it is reported with its place
  }
}

/** The certificate that backends are shown; undefined if there is none, or if it cannot be used. */
function readClient(
  { cert, key }: PoolTls,
  path: Path,
  { files, now, inForce }: Reading,
  report: Report,
): Loaded["client"] {
  if (cert === undefined || key === undefined) return undefined;
  const certText = readFile(cert, "cert", path, files, report);
  const keyText = readFile(key, "key", path, files, report);
  const { certificate, findings } = checkCertificate(certText, keyText, now, {
    user: "client",
    inForce,
  });
  for (const { about, message, severity } of findings) report(about, message, severity);
  if (keyText !== undefined && files.isExposed(key, [...path, "key"])) {
    report("key", EXPOSED_KEY, "warning");
  }
  return certificate && { cert: certificate.cert, key: certificate.key };
}

function readFile(
  file: string,
  setting: string,
  path: Path,
  { read }: CertificateFiles,
  report: Report,
): string | undefined {
  const at = [...path, setting];
  return readOr((file) => read(file, at), file, (message) => report(setting, message));
}
