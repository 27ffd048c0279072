/** A set of backends, and how requests are balanced over them. */
import { z } from "zod";
import { DAY_MS, HOUR_MS, orWord } from "../values/quantities.ts";
import { withoutSecret } from "../values/backend_url.ts";
import {
  type BackendAddress,
  hasOwnWeight,
  keyOf,
  type ListedBackend,
  readBackendAddress,
  SRV_WEIGHT,
} from "../values/listed_backend.ts";
import { POLICY_NAMES } from "../values/policy_names.ts";
import { isReading, type Read, reading, refusalOf } from "../values/reading.ts";
import { suggest } from "../values/suggest.ts";
import { secretOrDerived } from "./content.ts";
import {
  choice,
  filePath,
  hostHeader,
  integer,
  integerOr,
  off,
  port,
  proxyVersion,
  share,
  shareOrOff,
  statuses,
  statusesOrOff,
  time,
  timeOr,
  toggle,
} from "./kinds.ts";
import { TOKEN } from "../values/token.ts";
import { anyText, leaf } from "./leaf.ts";
import { list, section } from "./section.ts";
import type { TlsOptions } from "../../net/tls/tls_options.ts";

/** The path of a probe, and its query. */
const PROBE_PATH = /^\/(?:(?!#)[!-~])*$/;

const MINUTE_MS = HOUR_MS / 60;
const MILLION = 1_000_000;

/** What consistent hashing hashes of a request. */
export type HashOn =
  | { readonly by: "address" }
  /** The path without the query. */
  | { readonly by: "path" }
  | { readonly by: "header" | "cookie"; readonly name: string };

const backendAddress = leaf({
  type: "string",
  read: readListedAddress,
  write: keyOf,
  json: {
    type: "string",
    format: "uri",
    examples: [
      "http://users-1:5000",
      "https://users.example/base",
      "dns+http://users:5000",
      "srv+http://_users._tcp.example",
      "unix:/run/app.sock",
    ],
  },
});

const hashOn = leaf({
  type: "string",
  read: readHashOn,
  write: (on) => "name" in on ? `${on.by}:${on.name}` : on.by,
  json: { type: "string", examples: ["address", "path", "header:X-User", "cookie:session"] },
});

const probePath = leaf({
  type: "string",
  read: readProbePath,
  write: (path) => path ?? "off",
  json: { type: "string", pattern: "^(?:off|/[!-~]*)$", examples: ["/healthz"] },
});

const cookieName = leaf({
  type: "string",
  read: readCookieName,
  write: (name) => name ?? "off",
  json: { type: "string", pattern: TOKEN.source },
});

/** One of `backends`. */
const backend = z.union([
  backendAddress.transform((address): ListedBackend => ({ ...address, weight: 1, backup: false })),
  section({
    url: backendAddress.describe(
      "An http or https URL, a unix socket, or a name that stands for backends: dns+http://, srv+http://.",
    ),
    weight: integer(0, 100).prefault(1).describe(
      "Its share relative to the others; 0 gets no new requests.",
    ),
    backup: toggle().prefault(false).describe("Takes over only if no other backend can be used."),
  }).transform(({ url, ...rest }): ListedBackend => ({ ...url, ...rest })),
  section({
    file: filePath.describe("A file that lists backends, one a line."),
    backup: toggle().prefault(false).describe("Takes over only if no other backend can be used."),
  }).transform((list) => ({
    ...list,
    /** What the file lists: loading the configuration puts it here. */
    backends: [] as readonly ListedBackend[],
  })),
], "must be a URL such as http://users-1:5000, or an object with url");

const policyName = choice(POLICY_NAMES);

const policy = z.union([
  policyName.transform((name) => ({ name, on: { by: "address" } as HashOn, balance: Infinity })),
  section({
    name: policyName.prefault("round_robin").describe("How the next backend is picked."),
    on: hashOn.prefault("address").describe("What consistent_hash hashes of a request."),
    balance: shareOrOff(101, 1000).prefault("off").describe(
      "The load limit of consistent_hash: a backend with more than this share of the mean is " +
        "passed over.",
    ),
  }),
]);

const health = z.union([
  off.transform(() => undefined),
  section({
    path: probePath.prefault("off").describe("What probes ask for, behind a backend's own path."),
    status: statuses().prefault("200-399").describe("The statuses of good probes."),
    interval: time().prefault("5s").describe("The time between probes, ±10%."),
    timeout: time().prefault("2s").describe("How long a probe waits for its answer."),
    rise: integer(1, 100).prefault(2).describe("Good probes in a row that bring a backend up."),
    fall: integer(1, 100).prefault(3).describe("Bad probes in a row that take a backend down."),
    host: hostHeader.optional().describe("The Host of probes; without it the backend's."),
    port: port().optional().describe(
      "The port that probes ask; without it the backend's. Unix sockets have none.",
    ),
  }),
]);

const ejection = section({
  after: integerOr("off", Infinity, 1, 1000).prefault(5)
    .describe("Failures in a row that eject a backend."),
  time: time(5 * MINUTE_MS).prefault("10s").describe("How long the first ejection lasts."),
  max: share().prefault("50%").describe("The share of backends that may be ejected."),
  on5xx: toggle().prefault(false).describe("Whether a 5xx response counts as a failure."),
});

const retry = section({
  attempts: integerOr("all", Infinity, 1, 1000).prefault("all").describe(
    "Attempts per request, the first one included; each backend is asked at most once.",
  ),
  budget: shareOrOff().prefault("20%").describe("Retries, as a share of requests."),
  onStatus: statusesOrOff().prefault("off").describe(
    "Statuses of responses that are retried like failures.",
  ),
});

/** Of one attempt, or of a tunnel; `request` is of all attempts together. */
export const poolTimeouts = {
  connect: time().prefault("2s").describe("For connecting to a backend, TLS included."),
  firstByte: time().prefault("60s").describe(
    "From the request's last byte to the response's first.",
  ),
  idle: time().prefault("60s").describe("Between two pieces of a body, either way."),
  request: timeOr(Infinity, DAY_MS).prefault("off").describe(
    "For a request from beginning to end, all attempts together.",
  ),
  backendIdle: time().prefault("4s").describe(
    "For a backend's connection between requests. tcp engine.",
  ),
  tunnelIdle: time(DAY_MS).prefault("1h").describe(
    "For an upgraded connection, such as a WebSocket, without traffic.",
  ),
  halfClosed: time().prefault("30s").describe(
    "The same once one of its sides has closed. tcp engine.",
  ),
};

/** What `defaults` may set for all pools, and each pool for itself. */
export const SHARED = {
  policy: policy.prefault("round_robin").describe("How the next backend is picked."),
  slowStart: timeOr(0, HOUR_MS).prefault("10s").describe(
    "How long a backend that is back gets less than its share.",
  ),
  health: health.prefault("off").describe("Probes: requests that test each backend."),
  ejection: ejection.prefault({}).describe("Leaves out backends that fail."),
  retry: retry.prefault({}).describe("Asks another backend if one fails."),
  timeouts: section(poolTimeouts).prefault({}).describe("How long to wait for backends."),
  limits: section({
    backendInFlight: integerOr("off", Infinity, 1, MILLION).prefault("off").describe(
      "Requests in flight at one backend; one more goes to another.",
    ),
  }).prefault({}).describe("How much a backend gets."),
};

/** `defaults`: checked as a pool would be, each value where it was written. */
export const defaults = section(SHARED);

/** One of `pools`. */
export const pool = section({
  backends: list(backend, "backends").min(1, "must list at least one backend")
    .superRefine(refuseRepeated).describe("The servers that get requests, in this order."),
  ...SHARED,
  sticky: section({
    cookie: cookieName.prefault("off").describe("The cookie that ties a client to a backend."),
    secret: secretOrDerived.prefault("derived").describe(
      "Signs that cookie: the same for all balancers in front of these backends. derived: made " +
        "of their URLs.",
    ),
  }).optional().describe("Ties clients to backends by a cookie."),
  proxyProtocol: proxyVersion.optional().describe(
    "The version of the PROXY header that backends get, which names the client.",
  ),
  tls: section({
    ca: filePath.optional().describe("The certificate authority of the backends, in PEM."),
    serverName: anyText().optional().describe("The name in their certificates."),
    cert: filePath.optional().describe("The certificate that is shown to them, in PEM."),
    key: filePath.optional().describe("Its private key, in PEM."),
    verify: toggle().prefault(true).describe("Whether their certificates are checked."),
  }).transform((settings) => ({
    ...settings,
    /** What these files hold: loading the configuration puts it here. */
    loaded: undefined as Pick<TlsOptions, "ca" | "client"> | undefined,
  })).optional().describe("TLS to backends with https URLs."),
});

type Backends = readonly z.output<typeof backend>[];

/** The same backend twice, or no weight at all: then nobody would get a request. */
function refuseRepeated(backends: Backends, context: z.RefinementCtx): void {
  if (backends.length === 0) return;
  const seen = new Set<string>();
  for (const [index, backend] of backends.entries()) {
    const isList = "file" in backend;
    const key = isList ? `file ${backend.file}` : keyOf(backend);
    if (seen.has(key)) {
      const message = `must list each ${isList ? "file" : "backend"} once`;
      context.addIssue({ code: "custom", message, path: [index] });
    }
    seen.add(key);
    if (!isList && hasOwnWeight(backend) && backend.weight !== 1) {
      context.addIssue({ code: "custom", message: SRV_WEIGHT, path: [index] });
    }
  }
  if (backends.some((backend) => !("weight" in backend) || backend.weight > 0)) return;
  context.addIssue({ code: "custom", message: "must have a backend with a weight above 0" });
}

/** Errors show no password, and suggest none. */
function readListedAddress(text: string): Read<BackendAddress> {
  const address = readBackendAddress(text);
  if (isReading(address)) return address;
  const trimmed = text.trim();
  const isBlank = trimmed !== text && isReading(readBackendAddress(trimmed));
  const refusal = withoutSecret(refusalOf(address)!, text);
  const { expected, meant = isBlank ? trimmed : undefined } = refusal;
  return [{ expected, meant, shown: text.replace(/^.*@/s, "***@") }];
}

function readHashOn(text: string): Read<HashOn> {
  if (text === "address" || text === "path") return reading({ by: text });
  const [, by, name] = /^(header|cookie):(.*)$/s.exec(text) ?? [];
  if (name !== undefined && TOKEN.test(name)) {
    return reading({ by: by as "header" | "cookie", name });
  }
  return {
    expected: "must be address or path or header:NAME or cookie:NAME",
    meant: suggest(text, ["address", "path"]),
  };
}

function readCookieName(text: string): Read<string | undefined> {
  return orWord<string | undefined>(
    "off",
    undefined,
    text,
    (text) =>
      TOKEN.test(text) && !/^(?:on|off|true|false)$/i.test(text)
        ? reading(text)
        : "must be a cookie name of 1 to 64 characters",
  );
}

function readProbePath(text: string): Read<string | undefined> {
  return orWord<string | undefined>(
    "off",
    undefined,
    text,
    (text) => {
      if (PROBE_PATH.test(text)) return reading(text);
      const isPath = PROBE_PATH.test(`/${text}`) && !/^(?:on|true)$|:/i.test(text);
      return {
        expected: "must be a path such as /healthz",
        meant: isPath ? `/${text}` : undefined,
      };
    },
  );
}
