/** `roundabout cert`: makes a certificate for trying TLS out. */
import { isIP } from "node:net";
import { ConfigError } from "../../config/load.ts";
import { DAY_MS, wholeNumber } from "../../config/values/quantities.ts";
import { isReading } from "../../config/values/reading.ts";
import { print } from "../../logging/log.ts";
import { issue } from "../../tls/issue.ts";
import type { Flags } from "../command.ts";

export const HELP = `roundabout cert: make a certificate for trying TLS out

Usage: roundabout cert NAME [--also NAME]... [--days N]

  (umask 077; roundabout cert localhost > localhost.pem)

  --also NAME  another name or IP address that it is for; may be repeated
  --days N     how long it is valid, 1 to 825 days (default 90)

Prints a certificate and its key, both in PEM: one file is enough for both settings. It signs itself, so only
programs that are told to trust it do: curl --cacert localhost.pem https://localhost:5000/. One for localhost
is for 127.0.0.1 and ::1, too. Browsers warn of it: for a public name, get one from an authority.
`;

const DEFAULT_DAYS = 90;

/** Apple's programs refuse certificates that are valid for longer. */
const MAX_DAYS = 825;

/** Clocks of other machines may be behind. */
const MARGIN_MS = 3_600_000;

/** A DNS name, perhaps with a wildcard for its first label (RFC 1123, 2.1; RFC 9525, 6.3). */
const DNS_NAME =
  /^(?=.{1,253}$)(?:\*\.)?(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)*[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/i;

export async function run({ name, also = [], days }: Flags): Promise<number> {
  const given = [name!, ...also];
  const valid = wholeNumber(days ?? String(DEFAULT_DAYS), 1, MAX_DAYS);
  const problems = [
    ...given.filter((name) => isIP(name) === 0 && !DNS_NAME.test(name)).map((name) =>
      `NAME must be a DNS name or an IP address: current value is ${JSON.stringify(name)}`
    ),
    ...isReading(valid)
      ? []
      : [`--days must be 1 to ${MAX_DAYS}: current value is ${JSON.stringify(days)}`],
  ];
  if (!isReading(valid) || problems.length > 0) {
    throw new ConfigError(problems, "make a certificate");
  }
  const loopback = given.includes("localhost") ? ["127.0.0.1", "::1"] : [];
  const now = Date.now();
  const { cert, key } = await issue({
    names: [...new Set([...given, ...loopback])],
    from: now - MARGIN_MS,
    until: now + valid.value * DAY_MS,
  });
  print(cert + key);
  return 0;
}
