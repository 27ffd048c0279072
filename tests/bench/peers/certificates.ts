/** A certificate for 127.0.0.1 that nobody but this bench believes. */
import { outputOf } from "./programs.ts";
import type { Certificate } from "./proxy.ts";

/** Not an authority: clients on rustls do not take one for a server. */
const REQUEST = `
[req]
prompt = no
distinguished_name = name
x509_extensions = extensions
[name]
CN = bench.test
[extensions]
basicConstraints = critical, CA:FALSE
subjectAltName = IP:127.0.0.1, DNS:bench.test
`;

/** Elliptic, as certificates of today are, and quick: a burst begins with a handshake for each connection. */
const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** Undefined where openssl is not installed. */
export async function makeCertificate(directory: string): Promise<Certificate | undefined> {
  const [config, certificateFile, keyFile, bothFile] = [
    "request.cnf",
    "cert.pem",
    "key.pem",
    "both.pem",
  ]
    .map((name) => `${directory}/${name}`) as [string, string, string, string];
  await Deno.writeTextFile(config, REQUEST);
  const made = await outputOf("openssl", [
    ...["req", "-x509", "-days", "2", "-config", config, ...KEY],
    ...["-keyout", keyFile, "-out", certificateFile],
  ]);
  if (made === undefined) return undefined;
  if (!made.success) throw new Error(`Cannot make a certificate as openssl says: ${made.text}`);
  const pem = await Deno.readTextFile(certificateFile);
  await Deno.writeTextFile(bothFile, pem + await Deno.readTextFile(keyFile));
  return { certificateFile, keyFile, bothFile, pem };
}
