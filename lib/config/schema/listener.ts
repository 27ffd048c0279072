/** Where requests come in. */
import { z } from "zod";
import {
  bytes,
  bytesOrOff,
  choice,
  filePath,
  host,
  integer,
  integerOr,
  port,
  time,
  timeOr,
  toggle,
} from "./kinds.ts";
import { DAY_MS } from "../values/quantities.ts";
import { secret } from "./content.ts";
import { anyText, leaf } from "./leaf.ts";
import { section } from "./section.ts";
import { reading } from "../values/reading.ts";

const YEAR_MS = 365 * DAY_MS;

const certificate = section({
  cert: filePath.describe("the certificate and those above it, in PEM"),
  key: filePath.describe("its private key, in PEM"),
});

const acme = section({
  domains: z.array(anyText()).min(1, "must name at least one domain").describe(
    "the names to get certificates for",
  ),
  email: anyText().describe("where the authority sends warnings"),
  store: filePath.describe("the folder that keeps the account and the certificates"),
  staging: toggle().prefault(false).describe("whether to use Let's Encrypt's directory for trying"),
  directory: anyText().optional().describe("the URL of another authority's directory"),
  directoryCa: filePath.optional().describe("the certificate authority of that directory, in PEM"),
  eab: section({
    keyId: anyText().describe("the key's name"),
    key: secret.describe("the key"),
  }).optional().describe("the external account that the authority asks for"),
});

const tls = section({
  certificates: z.array(certificate).optional().describe(
    "chosen by the name that a client asks for",
  ),
  acme: acme.optional().describe("gets certificates by itself"),
  clientCa: filePath.optional().describe("the authority of client certificates, in PEM"),
  clientAuth: choice(["required", "optional"]).prefault("required")
    .describe("whether clients must have a certificate"),
  minVersion: choice(["1.2", "1.3"]).prefault("1.2").describe("the oldest version of TLS"),
  hsts: timeOr(0, 10 * YEAR_MS, 1000).prefault("off")
    .describe("for how long browsers shall use https only"),
});

/** The access mode of a unix socket, such as 0660. */
const mode = leaf({
  type: "string",
  read: (text) =>
    /^0?[0-7]{3}$/.test(text)
      ? reading(Number.parseInt(text, 8))
      : "must be an access mode such as 0660",
  json: { type: "string", pattern: "^0?[0-7]{3}$", examples: ["0660"] },
});

/** One of `listeners`. */
export const listener = section({
  host: host().prefault("0.0.0.0").describe(
    "the address to listen on; :: is every IPv6 and IPv4 address",
  ),
  port: port().prefault(5000).describe("the port to listen on"),
  unix: filePath.optional().describe("the unix socket to listen on, instead of host and port"),
  mode: mode.optional().describe("who may connect to that socket"),
  proxyProtocol: toggle().prefault(false).describe("whether peers send a PROXY header first"),
  redirectToHttps: toggle().prefault(false).describe(
    "whether every request is redirected to the TLS listener",
  ),
  tls: tls.optional().describe("terminates TLS"),
});

/** `admin`: the operator's port. */
export const admin = section({
  host: host().prefault("127.0.0.1").describe("the address of the admin port"),
  port: integerOr<undefined>("off", undefined, 1, 65535).prefault(5001).describe(
    "the port for /livez and /readyz",
  ),
  token: secret.optional().describe("what may change things"),
  readToken: secret.optional().describe("what may read"),
});

/** `timeouts` of clients. */
export const clientTimeouts = section({
  handshake: time().prefault("5s").describe("a TLS handshake"),
  header: time().prefault("10s").describe("a request's head, from its first byte"),
  keepAlive: time().prefault("60s").describe("a client's connection between requests"),
  drain: time(undefined, 0).prefault("30s").describe(
    "how long a stop waits for requests in flight",
  ),
});

/** `limits` of all requests together. */
export const limits = section({
  connections: integer(1, 1_000_000).prefault(10000).describe("connections from clients"),
  handshakes: integer(1, 1_000_000).prefault(1000).describe("TLS handshakes under way"),
  inFlight: integer(1, 1_000_000).prefault(10000).describe("requests in flight"),
  bodySize: bytesOrOff(1, 1024 * 1024).prefault("off").describe("a request's body"),
  headerSize: bytes(1, 1024).prefault("16KiB").describe("a request's head"),
  headerLines: integer(10, 1000).prefault(100).describe("header lines of a message"),
});
