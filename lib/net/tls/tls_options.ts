/** TLS to a server, as plain data. */
export interface TlsOptions {
  /** The only authorities that may have issued its certificate, in PEM; by default those that Deno trusts. */
  readonly ca?: string | undefined;
  /** The name that it is asked for, and must prove; by default that of its address. */
  readonly serverName?: string | undefined;
  /** What it is shown: a certificate with those above it, and its key, both in PEM. */
  readonly client?: { readonly cert: string; readonly key: string } | undefined;
  /** Whether its certificate is checked. */
  readonly verify: boolean;
}

/** What connections depend on, as a text: they can be used under any options with the same one. */
export function textOfOptions({ ca, serverName, client, verify }: TlsOptions): string {
  return JSON.stringify([verify, serverName, ca, client?.cert]); // a certificate has one key
}
