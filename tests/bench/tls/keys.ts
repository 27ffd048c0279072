/** The certificates of the benches of TLS, as files. */
import { issue, type Issued } from "../../../lib/tls/issue.ts";
import { certificateFor, rsaKeys } from "../../support/certificates.ts";

export type KeyType = "ecdsa" | "rsa";

/** The files of one certificate. */
export interface KeyFiles {
  readonly cert: string;
  readonly key: string;
  /** Both in one file, which HAProxy requires. */
  readonly both: string;
}

/** A certificate of the authority of tests, which is valid for these names and localhost. */
export async function makeCertificate(
  type: KeyType,
  names: readonly string[] = [],
): Promise<Issued> {
  const all = ["localhost", "127.0.0.1", ...names];
  return type === "rsa"
    ? await certificateFor(all, { keys: await rsaKeys() })
    : await certificateFor(all);
}

/** Writes a certificate, each file at once in place of the one before: its key first. */
export async function writeCertificate(
  folder: string,
  name: string,
  { cert, key }: Pick<Issued, "cert" | "key">,
): Promise<KeyFiles> {
  const files = {
    key: `${folder}/${name}.key`,
    cert: `${folder}/${name}.pem`,
    both: `${folder}/${name}.both.pem`,
  };
  const contents = { key, cert, both: cert + key };
  for (const kind of ["key", "cert", "both"] as const) {
    await Deno.writeTextFile(`${files[kind]}.new`, contents[kind], { mode: 0o600 });
    await Deno.rename(`${files[kind]}.new`, files[kind]);
  }
  return files;
}

/** Files of one certificate that signs itself, as `roundabout cert` makes it: peers know no authority of ours. */
export async function selfSigned(folder: string, type: KeyType): Promise<KeyFiles> {
  const day = 86_400_000;
  const issued = await issue({
    names: ["localhost", "127.0.0.1"],
    from: Date.now() - day,
    until: Date.now() + 90 * day,
    ...type === "rsa" ? { keys: await rsaKeys() } : {},
  });
  return await writeCertificate(folder, type, issued);
}
