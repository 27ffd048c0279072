/** A folder with certificates and a configuration, as an operator has it. */
import type { Issued } from "../../lib/tls/issue.ts";

/** The names of the files of one certificate. */
export function certificateFiles(name: string) {
  return { cert: `${name}.pem`, key: `${name}.key` };
}

export class TlsFolder implements AsyncDisposable {
  readonly path: string;
  readonly config: string;

  constructor() {
    this.path = Deno.makeTempDirSync();
    this.config = `${this.path}/roundabout.jsonc`;
  }

  /** Writes a certificate and its key, which only its owner can read. The file before is replaced at once. */
  async writeCertificate(name: string, { cert, key }: Pick<Issued, "cert" | "key">): Promise<void> {
    const files = certificateFiles(name);
    await this.write(files.key, key, 0o600);
    await this.write(files.cert, cert);
  }

  /** @param configuration what its file has */
  async configure(configuration: unknown): Promise<void> {
    await this.write("roundabout.jsonc", JSON.stringify(configuration, null, 2));
  }

  async write(name: string, text: string, mode = 0o644): Promise<void> {
    const path = `${this.path}/${name}`;
    await Deno.writeTextFile(`${path}.new`, text);
    await Deno.chmod(`${path}.new`, mode);
    await Deno.rename(`${path}.new`, path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}
