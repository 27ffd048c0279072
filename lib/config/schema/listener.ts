/** Where requests come in, and the limits and timeouts of clients. */
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
import { acme } from "./acme.ts";
import { token } from "./content.ts";
import { leaf } from "./leaf.ts";
import { list, section } from "./section.ts";
import { reading } from "../values/reading.ts";
import type { CheckedCertificate } from "../../tls/certificate_details.ts";
import { readAdminPlace, readUnixPlace } from "../values/unix_socket.ts";

const YEAR_MS = 365 * DAY_MS;

const certificate = section({
  cert: filePath.describe("The certificate and those above it, in PEM."),
  key: filePath.describe("Its private key, in PEM."),
}).transform((files) => ({
  ...files,
  /** What these files hold: loading the configuration puts it here. */
  loaded: undefined as CheckedCertificate | undefined,
}));

const tls = section({
  certificates: list(certificate, "certificates").optional().describe(
    "Certificates; the name that a client asks for chooses one.",
  ),
  acme: acme.optional().describe("Gets and renews certificates by itself."),
  clientCa: filePath.optional().describe(
    "The certificate authority of client certificates, in PEM; without it clients show none.",
  ),
  clientAuth: choice(["required", "optional"]).prefault("required")
    .describe("Whether clients must show a certificate."),
  minVersion: choice(["1.2", "1.3"]).prefault("1.2").describe("The oldest version of TLS."),
  hsts: timeOr(0, 10 * YEAR_MS, 1000, "180d").prefault("off").describe(
    "How long browsers use https only (Strict-Transport-Security).",
  ),
}).transform((settings) => ({
  ...settings,
  /** What the file of `clientCa` holds: loading the configuration puts it here. */
  clientAuthorities: undefined as string | undefined,
}));

/** How a file writes the access mode of a unix socket. */
export function modeText(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}

/** The access mode of a unix socket, such as 0660. */
const mode = leaf({
  type: "string",
  read: (text) =>
    /^0?[0-7]{3}$/.test(text)
      ? reading(Number.parseInt(text, 8))
      : "must be an access mode such as 0660",
  write: modeText,
  json: { type: "string", pattern: "^0?[0-7]{3}$", examples: ["0660"] },
});

/** A path, or an abstract name. */
const unixPlace = leaf({
  type: "string",
  read: readUnixPlace,
  json: { type: "string", examples: ["/run/roundabout/front.sock", "@front"] },
});

/** A path alone. */
const adminPlace = leaf({
  type: "string",
  read: readAdminPlace,
  json: { type: "string", examples: ["/run/roundabout/admin.sock"] },
});

/** One of `listeners`. */
export const listener = section({
  host: host().prefault("0.0.0.0").describe(
    "The address to listen on; :: is every IPv6 and IPv4 address.",
  ),
  port: port().prefault(5000).describe("The port to listen on."),
  unix: unixPlace.optional().describe("A unix socket to listen on, instead of host and port."),
  mode: mode.optional().describe("The access mode of that socket: who may connect to it."),
  proxyProtocol: toggle().prefault(false).describe(
    "Whether peers send a PROXY header first, which names the client.",
  ),
  redirectToHttps: toggle().prefault(false).describe(
    "Redirects every request to the first listener with tls.",
  ),
  tls: tls.optional().describe("Makes this a TLS listener, and sets its certificates."),
});

/** The access mode of the admin port's unix socket if none is set: whoever can connect may do everything. */
export const ADMIN_MODE = 0o600;

/** `admin`: the operator's port. */
export const admin = section({
  host: host().prefault("127.0.0.1").describe("The address of the admin port."),
  port: integerOr<undefined>("off", undefined, 1, 65535).prefault(5001).describe(
    "The admin port: health checks, status, metrics and changes.",
  ),
  unix: adminPlace.optional().describe("A unix socket for it, instead of host and port."),
  mode: mode.optional().describe(
    "The access mode of that socket: who may do all that the admin port can do; by default 0600.",
  ),
  tls: section({
    certificates: list(certificate, "certificates").length(1, "must have exactly one certificate")
      .describe("Its certificate."),
  }).optional().describe("Makes the admin port speak https."),
  token: token.optional().describe(
    "The token for all that the admin port can do; without one only loopback can do it.",
  ),
  readToken: token.optional().describe("The token for reading only."),
});

/** `timeouts` of clients. */
export const clientTimeouts = section({
  handshake: time().prefault("5s").describe("For a TLS handshake of a client. tcp engine."),
  header: time().prefault("10s").describe("For a request's head, from its first byte. tcp engine."),
  keepAlive: time().prefault("60s").describe(
    "For a client's connection between requests. tcp engine.",
  ),
  drain: time(undefined, 0).prefault("30s").describe(
    "For requests in flight when the balancer stops.",
  ),
}, {
  ...elsewhere("timeouts", ["connect", "firstByte", "idle", "request"]),
  ...elsewhere("timeouts", ["backendIdle", "tunnelIdle", "halfClosed"]),
});

/** Settings that one could look for here, and that pools share. */
function elsewhere(section: string, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, `defaults.${section}.${name}`]));
}

/** `limits` of all requests together. */
export const limits = section({
  connections: integer(1, 1_000_000).prefault(10000).describe(
    "Connections from clients. tcp engine.",
  ),
  handshakes: integer(1, 1_000_000).prefault(1000).describe(
    "TLS handshakes at the same time. tcp engine.",
  ),
  inFlight: integer(1, 1_000_000).prefault(10000).describe(
    "Requests in flight; one more is answered 503.",
  ),
  bodySize: bytesOrOff(1, 1024 * 1024).prefault("off").describe(
    "A request's body; a larger one is answered 413.",
  ),
  headerSize: bytes(1, 1024).prefault("16KiB").describe(
    "A request's head; a larger one is answered 431.",
  ),
  headerLines: integer(10, 1000).prefault(100).describe("Header lines of a message."),
}, elsewhere("limits", ["backendInFlight"]));
