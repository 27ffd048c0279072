/** Reads /etc/resolv.conf (resolv.conf(5)): which servers to ask, and how to complete a name. */
import { isIP } from "../is_ip.ts";
import { type DnsServer, isDnsName } from "./question.ts";

export interface ResolvConf {
  /** In the order in which they are asked; at least one. */
  readonly servers: readonly DnsServer[];
  /** Domains that are appended to names. */
  readonly search: readonly string[];
  /** A name with fewer dots is tried with the domains first. */
  readonly ndots: number;
}

/** More are not asked, as by the system's resolver (MAXNS). */
const MAX_SERVERS = 3;

const MAX_NDOTS = 15;
const DNS_PORT = 53;

/** Without a server the one on this machine is asked. */
const LOCAL_SERVER: DnsServer = { hostname: "127.0.0.1", port: DNS_PORT };

/** @param text of the file; empty if there is none */
export function parseResolvConf(text: string): ResolvConf {
  const servers: DnsServer[] = [];
  let search: readonly string[] = [];
  let ndots = 1;
  for (const line of text.split("\n")) {
    const [keyword, ...values] = line.replace(/[#;][^]*$/, "").trim().split(/\s+/);
    const [first = ""] = values;
    // An address with a zone, such as fe80::1%eth0, cannot be told from another peer's.
    if (keyword === "nameserver" && isIP(first) !== 0) {
      servers.push({ hostname: first, port: DNS_PORT });
    }
    // The last one counts; `domain` is an older word for a single one.
    if (keyword === "search" || keyword === "domain") {
      search = values.map((domain) => domain.replace(/\.$/, "")).filter(isDnsName);
    }
    if (keyword === "options") ndots = ndotsOf(values) ?? ndots;
  }
  return {
    servers: servers.length === 0 ? [LOCAL_SERVER] : servers.slice(0, MAX_SERVERS),
    search,
    ndots,
  };
}

function ndotsOf(options: readonly string[]): number | undefined {
  const numbers = options.flatMap((option) => /^ndots:(\d{1,9})$/.exec(option)?.[1] ?? []);
  const last = numbers.at(-1);
  return last === undefined ? undefined : Math.min(Number(last), MAX_NDOTS);
}

/**
 * The full names that a name may stand for, in the order in which they are asked for, as the system's
 * resolver has it: one with few dots first with each domain, another one first as it is.
 *
 * @param name one that ends with a dot is full already
 */
export function candidatesOf(
  name: string,
  { search, ndots }: Pick<ResolvConf, "search" | "ndots">,
): readonly string[] {
  if (name.endsWith(".")) return [name.slice(0, -1)];
  const completed = search.map((domain) => `${name}.${domain}`).filter(isDnsName);
  const dots = name.split(".").length - 1;
  return dots >= ndots ? [name, ...completed] : [...completed, name];
}
