/** Certificates that a listener gets by itself. */
import type { CheckedCertificate } from "../../tls/certificate_details.ts";
import { readDirectory, readDomain, readEmail, readStore } from "../values/acme.ts";
import { externalKey } from "./content.ts";
import { filePath, toggle } from "./kinds.ts";
import { anyText, leaf } from "./leaf.ts";
import { list, section } from "./section.ts";

/** What Let's Encrypt takes in one certificate. */
const MAX_DOMAINS = 100;

const domain = leaf({
  type: "string",
  read: readDomain,
  json: { type: "string", examples: ["www.example.com"] },
});

const email = leaf({
  type: "string",
  read: readEmail,
  json: { type: "string", examples: ["ops@example.com"] },
});

const store = leaf({
  type: "string",
  read: readStore,
  json: { type: "string", examples: ["/var/lib/roundabout/acme"] },
});

const directory = leaf({
  type: "string",
  read: readDirectory,
  json: { type: "string", examples: ["https://ca.example.com/directory"] },
});

/** `tls.acme` of a listener. */
export const acme = section({
  domains: list(domain, "domains").min(1, "must name at least one domain")
    .max(MAX_DOMAINS, `must name at most ${MAX_DOMAINS} domains`)
    .describe("The names that its certificate is for."),
  email: email.optional().describe("Where the authority writes to."),
  store: store.prefault("/var/lib/roundabout/acme").describe(
    "The folder that keeps the account and the certificates, below /run or /var/lib/roundabout.",
  ),
  staging: toggle().prefault(false).describe(
    "Uses Let's Encrypt's directory for trying out, whose certificates nobody trusts.",
  ),
  directory: directory.optional().describe(
    "The URL of another authority's directory; by default Let's Encrypt's.",
  ),
  directoryCa: filePath.optional().describe(
    "The certificate authority that signs that directory's certificate, in PEM.",
  ),
  eab: section({
    keyId: anyText().describe("The name of the key."),
    key: externalKey.describe("The key, in base64url."),
  }).optional().describe("The external account that some authorities ask for."),
}).transform((settings) => ({
  ...settings,
  /** What the file of `directoryCa` holds: loading the configuration puts it here. */
  directoryAuthorities: undefined as string | undefined,
  /** The certificate that is there: the running balancer puts it here. */
  loaded: undefined as CheckedCertificate | undefined,
}));
