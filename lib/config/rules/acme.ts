/** Certificates that listeners get by themselves: where authorities ask, and what they cannot give. */
import type { HeadConfig } from "../parts.ts";
import type { Problem } from "../problems/problem.ts";
import type { Path } from "../tree/node.ts";
import { isPublicName } from "../values/acme.ts";
import { nameOf, problemAt, problemAtKey, type RuleContext } from "./context.ts";

type Listeners = HeadConfig["listeners"];
type Acme = NonNullable<NonNullable<Listeners[string]["tls"]>["acme"]>;

/** One listener's. */
interface Found {
  readonly path: Path;
  readonly acme: Acme;
}

/** Where authorities ask for the challenge http-01 (RFC 8555, 8.3). */
const CHALLENGE_PORT = 80;

/** One authority has one account, of one store. */
const OF_AUTHORITY = ["email", "store", "directoryCa", "eab"] as const;

export function checkAcme(context: RuleContext): Problem[] {
  const { head } = context;
  if (head === undefined) return [];
  const found = Object.entries(head.listeners).flatMap(([name, { tls }]): Found[] =>
    tls?.acme === undefined ? [] : [{ path: ["listeners", name, "tls", "acme"], acme: tls.acme }]
  );
  const [first] = found;
  if (first === undefined) return [];
  return [
    ...checkChallenges(context, head.listeners, first),
    ...found.flatMap((one, index) => [
      ...checkOne(context, one),
      ...checkAgreement(context, one, found.slice(0, index)),
    ]),
  ];
}

/** Whether authorities can reach a listener. */
function checkChallenges(context: RuleContext, listeners: Listeners, { path }: Found): Problem[] {
  const plain = Object.entries(listeners).filter(([, { tls }]) => tls === undefined);
  if (plain.length === 0) {
    const message =
      `needs a listener without tls: authorities ask for proof at port ${CHALLENGE_PORT}`;
    return [problemAtKey(context, path, message)];
  }
  const isThere = plain.some(([, { port, unix }]) => unix === undefined && port === CHALLENGE_PORT);
  if (isThere) return [];
  const names = plain.map(([name]) => name);
  const message =
    `is proved at port ${CHALLENGE_PORT} of its domains: what comes there must reach the listener ` +
    names.join(" or ");
  return [{ ...problemAtKey(context, path, message), severity: "warning" }];
}

function checkOne(context: RuleContext, { path, acme }: Found): Problem[] {
  const { staging, directory, directoryCa, domains } = acme;
  const at = (key: string): Path => [...path, key];
  if (directory === undefined) {
    return [
      ...directoryCa === undefined
        ? []
        : [problemAt(context, at("directoryCa"), "has no effect without directory")],
      ...domains.flatMap((domain, index) =>
        isPublicName(domain)
          ? []
          : [problemAt(context, [...at("domains"), index], PRIVATE_NAME, { found: quoted(domain) })]
      ),
    ];
  }
  return staging
    ? [problemAtKey(context, at("staging"), "must not be there beside directory")]
    : [];
}

const PRIVATE_NAME = "must be a public name: Let's Encrypt gives certificates for no others";

/** Whether it says the same of its authority as those before it. */
function checkAgreement(
  context: RuleContext,
  { path, acme }: Found,
  before: readonly Found[],
): Problem[] {
  const other = before.find(({ acme: { directory, staging } }) =>
    directory === acme.directory && staging === acme.staging
  );
  if (other === undefined) return [];
  return OF_AUTHORITY.filter((key) => quoted(acme[key]) !== quoted(other.acme[key])).map((key) =>
    problemAt(
      context,
      [...path, key],
      `must be that of ${nameOf(context, other.path)}, which has the same authority`,
    )
  );
}

function quoted(value: unknown): string | undefined {
  return JSON.stringify(value);
}
