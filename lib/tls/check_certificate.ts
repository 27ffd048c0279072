/** Checks a certificate and its key before they are served: node:tls says nothing of those that it cannot use. */
import { createPrivateKey } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { type CheckedCertificate, validityAt } from "./certificate_details.ts";
import { type Chain, firstOutOfOrder, placeOf, readChain } from "./chain.ts";
import { pemBlocks } from "./pem.ts";

/** What is wrong, or probably not meant. */
export interface Finding {
  readonly severity: "error" | "warning";
  readonly about: "cert" | "key";
  /** The rest of a sentence that begins with the setting that names the file. */
  readonly message: string;
}

export interface Checked {
  /** Undefined if it cannot be served. */
  readonly certificate: CheckedCertificate | undefined;
  readonly findings: readonly Finding[];
}

const NONE: ReadonlySet<string> = new Set();

const MISMATCH = "must name the private key of its certificate: it is that of another one";

export interface CheckOptions {
  /** Who shows it: names matter to those who look for a server only. */
  readonly user?: "server" | "client";
  /** Certificates that are served already, each with those above it, in PEM: an end of one is only warned of. */
  readonly inForce?: ReadonlySet<string>;
}

/**
 * Checks them by themselves and together.
 *
 * @param cert the text of the file that has the certificate, those above it following
 * @param key the text of the file that has its key; may be the same one
 * @param now in milliseconds since 1970
 */
export function checkCertificate(
  cert: string | undefined,
  key: string | undefined,
  now: number,
  { user = "server", inForce = NONE }: CheckOptions = {},
): Checked {
  const findings: Finding[] = [];
  const refuse = (about: Finding["about"], message: string) =>
    void findings.push({ severity: "error", about, message });
  const warn = (message: string) =>
    void findings.push({ severity: "warning", about: "cert", message });
  const chain = cert === undefined
    ? undefined
    : chainIn(cert, (problem) => refuse("cert", problem));
  const own = key === undefined ? undefined : readKey(key, (message) => refuse("key", message));
  if (chain === undefined) return { certificate: undefined, findings };
  const place = own === undefined ? 0 : placeOf(own, chain.certificates);
  if (place > 0) { // of the others it is not known what they are for
    const message =
      "must name a file that begins with the certificate of its key: that is number " +
      `${place + 1} of ${chain.certificates.length}`;
    refuse("cert", message);
    return { certificate: undefined, findings };
  }
  const { leaf, names, kind: { isEcdsa, problem }, notBefore, notAfter, pem } = chain;
  if (problem !== undefined) refuse("cert", `must name a certificate with ${problem}`);
  else if (place === -1) refuse("key", MISMATCH);
  if (names.length === 0 && user === "server") {
    refuse("cert", "must name a certificate with names in subjectAltName: clients use no other");
  }
  const { isValid, fault } = validityAt(chain, now);
  // To refuse what is served already would refuse all other changes with it.
  if (!isValid && !inForce.has(pem)) {
    refuse("cert", `must name a certificate that is valid: this one ${fault}`);
  } else if (fault !== undefined) warn(`names a certificate that ${fault}`);
  const disorder = disorderOf(chain);
  if (disorder !== undefined) warn(disorder);
  if (own === undefined || findings.some(({ severity }) => severity === "error")) {
    return { certificate: undefined, findings };
  }
  return {
    findings,
    certificate: {
      names,
      isEcdsa,
      notBefore,
      notAfter,
      issuer: commonName(leaf.issuer),
      fingerprint: leaf.fingerprint256,
      cert: pem,
      key: own.export({ type: "pkcs8", format: "pem" }) as string,
    },
  };
}

function chainIn(text: string, refuse: (message: string) => void): Chain | undefined {
  const chain = readChain(text);
  if ("leaf" in chain) return chain;
  const { count, unreadable } = chain;
  refuse(
    count === 0
      ? "must name a file with a certificate in PEM"
      : `must name a file with certificates in PEM: number ${unreadable} of ${count} is none`,
  );
  return undefined;
}

function readKey(text: string, refuse: (message: string) => void): KeyObject | undefined {
  const block = pemBlocks(text).find(({ label }) => label.endsWith("PRIVATE KEY"));
  if (block === undefined) {
    refuse("must name a file with a private key in PEM");
  } else if (block.label.startsWith("ENCRYPTED") || block.text.includes("Proc-Type: 4,ENCRYPTED")) {
    refuse("must name a private key without a passphrase: nobody is there to type it");
  } else {
    try {
      return createPrivateKey(block.text);
    } catch {
      refuse("must name a file with a private key in PEM: the one in it cannot be read");
    }
  }
  return undefined;
}

/** What is wrong with the certificates above one. */
function disorderOf({ leaf, certificates }: Chain): string | undefined {
  if (firstOutOfOrder(certificates) === -1) return undefined;
  const chain = [leaf];
  for (let last = leaf;;) {
    const issuer = certificates.find((one) => !chain.includes(one) && last.checkIssued(one));
    if (issuer === undefined) break;
    chain.push(issuer);
    last = issuer;
  }
  const strange = certificates.find((one) => !chain.includes(one));
  if (strange === undefined) {
    return "names a file with certificates out of order: each must be followed by the one that issued it";
  }
  return `names a file with a certificate that is not part of the chain: ${
    commonName(strange.subject)
  }`;
}

/** @param name with a line for each of its parts */
function commonName(name: string): string {
  return /^CN=(.*)$/m.exec(name)?.[1] ?? name.replaceAll("\n", ", ");
}
