/** Reads the certificates of listeners and their keys, checks them, and puts them into the configuration. */
import { type AuthorityFinding, checkAuthorities } from "../tls/check_authorities.ts";
import { checkCertificate, type Finding } from "../tls/check_certificate.ts";
import { type CheckedCertificate, coversHost } from "../tls/certificate_details.ts";
import { readOr } from "./contents.ts";
import type { Configuration } from "./model.ts";
import type { Problem } from "./problems/problem.ts";
import { problemAt, type RuleContext } from "./rules/context.ts";
import { nodeAt, type Path } from "./tree/node.ts";

/** How files are read. Each is told by its path, and by the setting that names it. */
export interface CertificateFiles {
  /** @throws with a reason for the user */
  readonly read: (path: string, at: Path) => string;
  /** Whether others than its owner can read a file that was read. */
  readonly isExposed: (path: string, at: Path) => boolean;
}

/** What reading certificates needs. */
export interface Reading {
  readonly files: CertificateFiles;
  readonly context: RuleContext;
  /** In milliseconds since 1970. */
  readonly now: number;
  /** What is in force already, in PEM: see certificates_in_force.ts. */
  readonly inForce: ReadonlySet<string>;
  /** What is wrong, or probably not meant, is added here. */
  readonly problems: Problem[];
}

type Listeners = Configuration["listeners"];
type Listener = Listeners[string];
type Files = NonNullable<NonNullable<Listener["tls"]>["certificates"]>[number];

/** The same configuration with the certificates of its listeners. */
export function readCertificates(configuration: Configuration, reading: Reading): Configuration {
  const { context, problems } = reading;
  const listeners = Object.entries(configuration.listeners).map(([name, listener]) => {
    const { tls } = listener;
    if (tls === undefined) return [name, listener] as const;
    const at: Path = ["listeners", name, "tls"];
    const authorities = {
      clientAuthorities: readAuthorities(tls.clientCa, [...at, "clientCa"], reading),
      acme: tls.acme && {
        ...tls.acme,
        directoryAuthorities: readAuthorities(
          tls.acme.directoryCa,
          [...at, "acme", "directoryCa"],
          reading,
        ),
      },
    };
    if (tls.certificates === undefined) {
      return [name, { ...listener, tls: { ...tls, ...authorities } }] as const;
    }
    const path: Path = [...at, "certificates"];
    const certificates = readAll(tls.certificates, path, reading);
    problems.push(...findRepeated(certificates, path, context));
    return [name, { ...listener, tls: { ...tls, ...authorities, certificates } }] as const;
  });
  const loaded: Listeners = Object.fromEntries(listeners);
  problems.push(...findUncovered(configuration, loaded, context));
  return { ...configuration, listeners: loaded };
}

/** The same certificates, with what their files hold. @param path of the list */
export function readAll(list: readonly Files[], path: Path, reading: Reading): Files[] {
  const { context, problems } = reading;
  return list.map((named, index) => {
    const { certificate, findings } = readOne(named, [...path, index], reading);
    problems.push(
      ...findings.map(({ severity, about, message }) =>
        problemAt(context, [...path, index, about], message, { severity })
      ),
    );
    return { ...named, loaded: certificate };
  });
}

/** @returns those whose certificates are trusted, in PEM; undefined if there are none, or they cannot be trusted */
function readAuthorities(
  file: string | undefined,
  at: Path,
  { files: { read }, context, now, inForce, problems }: Reading,
): string | undefined {
  if (file === undefined) return undefined;
  const found: AuthorityFinding[] = [];
  const text = readOr(
    (path) => read(path, at),
    file,
    (message) => found.push({ severity: "error", message }),
  );
  const checked = text === undefined ? undefined : checkAuthorities(text, now, inForce);
  problems.push(
    ...[...found, ...checked?.findings ?? []].map(({ severity, message }) =>
      problemAt(context, at, message, { severity })
    ),
  );
  return checked?.authorities;
}

function readOne(
  { cert, key }: Files,
  at: Path,
  { files: { read, isExposed }, now, inForce }: Reading,
): { certificate: CheckedCertificate | undefined; findings: readonly Finding[] } {
  const unread: Finding[] = [];
  const textOf = (about: Finding["about"], path: string) =>
    readOr(
      (path) => read(path, [...at, about]),
      path,
      (message) => unread.push({ severity: "error", about, message }),
    );
  const [certText, keyText] = [textOf("cert", cert), textOf("key", key)];
  const { certificate, findings } = checkCertificate(certText, keyText, now, { inForce });
  const exposed: Finding[] = keyText !== undefined && isExposed(key, [...at, "key"])
    ? [{ severity: "warning", about: "key", message: EXPOSED_KEY }]
    : [];
  return { certificate, findings: [...unread, ...findings, ...exposed] };
}

export const EXPOSED_KEY =
  "names a private key that others than its owner can read: chmod 600 keeps them out";

/** Of two certificates for one name, with keys of the same kind, the first one is served. */
function findRepeated(
  certificates: readonly Files[],
  path: Path,
  context: RuleContext,
): Problem[] {
  return certificates.flatMap(({ loaded }, index) => {
    if (loaded === undefined) return [];
    const before = certificates.slice(0, index);
    const other = before.findIndex((one) =>
      one.loaded?.isEcdsa === loaded.isEcdsa &&
      one.loaded.names.some((name) => loaded.names.includes(name))
    );
    if (other === -1) return [];
    const names = loaded.names.filter((name) => before[other]!.loaded!.names.includes(name));
    const message =
      `is not served for ${names.join(", ")}: certificates[${other}] is, which has the ` +
      "same kind of key";
    return [problemAt(context, [...path, index], message, { severity: "warning" })];
  });
}

/** Hosts of routes for which clients are shown a certificate that they do not accept. */
function findUncovered(
  { routes }: Configuration,
  listeners: Listeners,
  context: RuleContext,
): Problem[] {
  const secure = Object.entries(listeners).flatMap(([name, { tls }]) => {
    const certificates = tls?.certificates?.map(({ loaded }) => loaded) ?? [];
    const isKnown = certificates.every((one) => one !== undefined);
    const domains = { names: tls?.acme?.domains ?? [] };
    return tls === undefined ? [] : [{ name, isKnown, certificates: [...certificates, domains] }];
  });
  return routes.flatMap(({ match }, index) =>
    (match.host ?? []).flatMap((host, place) => {
      const named = match.listener;
      // A route of all listeners may be meant for one of them.
      const groups = named === undefined
        ? [secure]
        : secure.filter(({ name }) => named.includes(name)).map((listener) => [listener]);
      const lacking = groups.find((group) =>
        group.length > 0 &&
        group.every(({ isKnown, certificates }) =>
          isKnown && !certificates.some((certificate) => covers(certificate!, host))
        )
      );
      if (lacking === undefined) return [];
      const names = lacking.map(({ name }) => name).join(", ");
      const message = `is covered by no certificate of the listener ${names}: found ${
        JSON.stringify(host)
      }`;
      const written: Path = ["routes", index, "match", "host"];
      const isList = nodeAt(context.root, written)?.kind === "array";
      const path = isList ? [...written, place] : written;
      return [problemAt(context, path, message, { severity: "warning" })];
    })
  );
}

/** Whether it covers a host, or some of those that a wildcard stands for. */
function covers(certificate: Pick<CheckedCertificate, "names">, host: string): boolean {
  if (!host.startsWith("*.")) return coversHost(certificate, host);
  const suffix = host.slice(1);
  return certificate.names.some((name) => name.endsWith(suffix));
}
