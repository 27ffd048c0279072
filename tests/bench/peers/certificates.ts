/** Makes a self-signed certificate for 127.0.0.1, which only this bench trusts. */
import { runProgram } from "./programs.ts";
import type { Certificate } from "./proxy.ts";

/** Not a CA: rustls, which Deno uses, rejects a CA certificate as a server's. */
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

/** An elliptic curve key, as is common today, for cheap handshakes: a burst begins with one per connection. */
const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** @returns undefined if openssl is not installed */
export async function makeCertificate(directory: string): Promise<Certificate | undefined> {
  const [config, certificateFile, keyFile, bothFile] = [
    "request.cnf",
    "cert.pem",
    "key.pem",
    "both.pem",
  ]
    .map((name) => `${directory}/${name}`) as [string, string, string, string];
  await Deno.writeTextFile(config, REQUEST);
  const made = await runProgram("openssl", [
    ...["req", "-x509", "-days", "2", "-config", config, ...KEY],
    ...["-keyout", keyFile, "-out", certificateFile],
  ]);
  if (made === undefined) return undefined;
  if (!made.success) throw new Error(`Cannot make a certificate as openssl failed: ${made.text}`);
  const pem = await Deno.readTextFile(certificateFile);
  await Deno.writeTextFile(bothFile, pem + await Deno.readTextFile(keyFile));
  return { certificateFile, keyFile, bothFile, pem };
}
