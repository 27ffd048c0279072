/** Why a name could not be resolved, in words for the log: each kind says something else to an operator. */

/** By kind; the detail is what only the moment knows. */
const WORDS = {
  nxdomain: () => "no such name (NXDOMAIN)",
  no_data: (detail: string) => `no ${detail} (no data)`,
  servfail: () => "the server failed (SERVFAIL)",
  refused: () => "the server refused to answer (REFUSED)",
  other_rcode: (detail: string) => `the server answered ${detail}`,
  silence: (detail: string) => `no answer within ${detail}`,
  garbage: () => "what it sent is no valid answer",
  not_asked: (detail: string) => `it cannot be asked: ${detail}`,
} as const;

export type FailureKind = keyof typeof WORDS;

/** It says nothing about the addresses of a name: what was known before stays. */
export interface Failure {
  readonly kind: FailureKind;
  readonly detail: string;
  /** The servers that failed in this way, as `10.0.0.2:53`; none if it was no server. */
  readonly servers: readonly string[];
  /** What was asked for, if that is not the name itself: the target of an SRV record, or a type. */
  readonly subject?: string;
}

/** The answers by which a server says itself that there is nothing, as words of the protocol. */
const RCODES: Readonly<Record<string, FailureKind>> = {
  NXDOMAIN: "nxdomain",
  SERVFAIL: "servfail",
  REFUSED: "refused",
};

/** @param rcode other than NOERROR */
export function failureOfRcode(rcode: string): Pick<Failure, "kind" | "detail"> {
  return { kind: RCODES[rcode] ?? "other_rcode", detail: rcode };
}

/** Whether a server said that there is nothing: no other server needs to be asked, but another name may be. */
export function isNegative({ kind }: Pick<Failure, "kind">): boolean {
  return kind === "nxdomain" || kind === "no_data";
}

/** `DNS server 10.0.0.2:53: no such name (NXDOMAIN)` */
export function describeFailure({ kind, detail, servers, subject }: Failure): string {
  const who = servers.length === 0
    ? "DNS"
    : `DNS server${servers.length > 1 ? "s" : ""} ${servers.join(", ")}`;
  const what = subject === undefined ? "" : `${subject}: `;
  return `${who}: ${what}${WORDS[kind](detail)}`;
}
