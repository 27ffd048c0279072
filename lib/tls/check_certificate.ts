/** Checks a certificate and its key before they are served: node:tls says nothing of those that it cannot use. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { dateOf } from "../time/date.ts";
import { type CheckedCertificate, expiryOf } from "./certificate_details.ts";
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

/** What is shorter can be factored, and browsers refuse it (CA/Browser Forum, Baseline Requirements, 6.1.5). */
const MIN_RSA_BITS = 2048;

/** The curves that every client has (RFC 8446, 9.1, and what authorities issue). */
const CURVES = ["prime256v1", "secp384r1"];

const KINDS = "RSA, or ECDSA with P-256 or P-384";

const MISMATCH = "must name the private key of its certificate: it is that of another one";

/** A name that a client can ask for. */
const DNS_NAME = /^(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;

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
  const chain = cert === undefined ? [] : readChain(cert, (message) => refuse("cert", message));
  const own = key === undefined ? undefined : readKey(key, (message) => refuse("key", message));
  const [leaf, ...above] = chain;
  if (leaf === undefined) return { certificate: undefined, findings };
  const place = own === undefined ? 0 : chain.findIndex((one) => belongsTo(one, own));
  if (place > 0) { // of the others it is not known what they are for
    const message =
      "must name a file that begins with the certificate of its key: that is number " +
      `${place + 1} of ${chain.length}`;
    refuse("cert", message);
    return { certificate: undefined, findings };
  }
  const names = namesOf(leaf);
  const kind = kindOf(leaf);
  if (kind.problem !== undefined) refuse("cert", kind.problem);
  else if (place === -1) refuse("key", MISMATCH);
  if (names.length === 0 && user === "server") {
    refuse("cert", "must name a certificate with names in subjectAltName: clients use no other");
  }
  const [notBefore, notAfter] = [Date.parse(leaf.validFrom), Date.parse(leaf.validTo)];
  const text = chain.map((each) => each.toString()).join("");
  const expiry = expiryOf({ notAfter }, now);
  const isEarly = now < notBefore;
  const fault = isEarly ? `is valid only from ${dateOf(notBefore)} on` : expiry;
  // To refuse what is served already would refuse all other changes with it.
  if ((isEarly || now > notAfter) && !inForce.has(text)) {
    refuse("cert", `must name a certificate that is valid: this one ${fault}`);
  } else if (fault !== undefined) warn(`names a certificate that ${fault}`);
  const disorder = disorderOf(leaf, above);
  if (disorder !== undefined) warn(disorder);
  if (own === undefined || findings.some(({ severity }) => severity === "error")) {
    return { certificate: undefined, findings };
  }
  return {
    findings,
    certificate: {
      names,
      isEcdsa: kind.isEcdsa,
      notBefore,
      notAfter,
      issuer: commonName(leaf.issuer),
      fingerprint: leaf.fingerprint256,
      cert: text,
      key: own.export({ type: "pkcs8", format: "pem" }) as string,
    },
  };
}

function readChain(text: string, refuse: (message: string) => void): X509Certificate[] {
  const blocks = pemBlocks(text).filter(({ label }) => label === "CERTIFICATE");
  if (blocks.length === 0) refuse("must name a file with a certificate in PEM");
  const chain: X509Certificate[] = [];
  for (const [index, block] of blocks.entries()) {
    try {
      chain.push(new X509Certificate(block.text));
    } catch {
      refuse(
        `must name a file with certificates in PEM: number ${
          index + 1
        } of ${blocks.length} is none`,
      );
      return [];
    }
  }
  return chain;
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

/** The kind of a certificate's key. */
interface Kind {
  readonly isEcdsa: boolean;
  /** Why it is not served; undefined if it is. */
  readonly problem: string | undefined;
}

function kindOf(certificate: X509Certificate): Kind {
  const { type, bits, curve } = keyOf(certificate);
  if (type === "rsa") {
    if (bits >= MIN_RSA_BITS) return { isEcdsa: false, problem: undefined };
    return {
      isEcdsa: false,
      problem:
        `must name a certificate with an RSA key of ${MIN_RSA_BITS} bits or more: found ${bits}`,
    };
  }
  if (type === "ec" && CURVES.includes(curve)) return { isEcdsa: true, problem: undefined };
  const found = type === "ec" ? `ECDSA with ${curve}` : type;
  const problem = `must name a certificate with a key of ${KINDS}: found ${found}`;
  return { isEcdsa: false, problem };
}

function keyOf(certificate: X509Certificate): { type: string; bits: number; curve: string } {
  try {
    const { asymmetricKeyType: type = "another kind", asymmetricKeyDetails } =
      certificate.publicKey;
    const { modulusLength: bits = 0, namedCurve: curve = "an unknown curve" } =
      asymmetricKeyDetails ?? {};
    return { type, bits, curve };
  } catch {
    return { type: "another kind", bits: 0, curve: "" };
  }
}

function belongsTo(certificate: X509Certificate, key: KeyObject): boolean {
  try {
    return certificate.checkPrivateKey(key);
  } catch {
    return false; // keys of kinds that are not served
  }
}

/** What is wrong with the certificates above one: each must have issued the one before it (RFC 8446, 4.4.2). */
function disorderOf(leaf: X509Certificate, above: readonly X509Certificate[]): string | undefined {
  const all = [leaf, ...above];
  const isInOrder = above.every((issuer, index) => all[index]!.checkIssued(issuer));
  if (isInOrder) return undefined;
  const chain = [leaf];
  for (let issuer: X509Certificate | undefined = leaf; issuer !== undefined;) {
    const last: X509Certificate = issuer;
    issuer = above.find((one) => !chain.includes(one) && last.checkIssued(one));
    if (issuer !== undefined) chain.push(issuer);
  }
  const strange = above.find((one) => !chain.includes(one));
  if (strange === undefined) {
    return "names a file with certificates out of order: each must be followed by the one that issued it";
  }
  return `names a file with a certificate that is not part of the chain: ${
    commonName(strange.subject)
  }`;
}

/** What it covers, in lower case: DNS names and IP addresses. */
function namesOf({ subjectAltName = "" }: X509Certificate): string[] {
  return subjectAltName.split(", ").flatMap((entry) => {
    const [, kind, text = ""] = /^(DNS|IP Address):(.*)$/.exec(entry) ?? [];
    const name = text.toLowerCase();
    if (kind === "DNS") return DNS_NAME.test(name) ? [name] : [];
    return kind === undefined ? [] : [name];
  });
}

/** @param name with a line for each of its parts */
function commonName(name: string): string {
  return /^CN=(.*)$/m.exec(name)?.[1] ?? name.replaceAll("\n", ", ");
}
