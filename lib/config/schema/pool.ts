/** A set of backends, and how requests are balanced over them. */
import { z } from "zod";
import { DAY_MS, HOUR_MS, orWord } from "../values/quantities.ts";
import { readBackendUrl, withoutSecret } from "../values/backend_url.ts";
import { POLICY_NAMES } from "../values/policy_names.ts";
import { isReading, type Read, reading, refusalOf } from "../values/reading.ts";
import { suggest } from "../values/suggest.ts";
import { secretOrDerived } from "./content.ts";
import {
  choice,
  filePath,
  integer,
  integerOr,
  off,
  port,
  share,
  shareOrOff,
  statuses,
  time,
  timeOr,
  toggle,
  TOKEN,
} from "./kinds.ts";
import { anyText, leaf } from "./leaf.ts";
import { section } from "./section.ts";

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

const backendUrl = leaf({
  type: "string",
  read: readListedUrl,
  json: {
    type: "string",
    format: "uri",
    examples: ["http://users-1:5000", "https://users.example/base"],
  },
});

const hashOn = leaf({
  type: "string",
  read: readHashOn,
  json: { type: "string", examples: ["address", "path", "header:X-User", "cookie:session"] },
});

const probePath = leaf({
  type: "string",
  read: readProbePath,
  json: { type: "string", pattern: "^(?:off|/[!-~]*)$", examples: ["/healthz"] },
});

const cookieName = leaf({
  type: "string",
  read: readCookieName,
  json: { type: "string", pattern: TOKEN.source },
});

const hostHeader = leaf({
  type: "string",
  read: (text) =>
    /^[A-Za-z0-9._-]+(?::\d{1,5})?$/.test(text) ? reading(text) : "must be a host name",
  json: { type: "string" },
});

/** One of `backends`. */
const backend = z.union([
  backendUrl.transform((url) => ({ url, weight: 1, backup: false })),
  section({
    url: backendUrl.describe("scheme, host, port and a path prefix"),
    weight: integer(0, 100).prefault(1).describe(
      "its share relative to the others; 0 gets no new requests",
    ),
    backup: toggle().prefault(false).describe("whether it takes over only if no other can be used"),
  }),
  section({ file: filePath.describe("a file with one backend a line") }),
], "must be a URL such as http://users-1:5000, or an object with url");

const policyName = choice(POLICY_NAMES);

const policy = z.union([
  policyName.transform((name) => ({ name, on: { by: "address" } as HashOn, balance: Infinity })),
  section({
    name: policyName.prefault("round_robin").describe("how the next backend is picked"),
    on: hashOn.prefault("address").describe("the key of consistent_hash"),
    balance: shareOrOff(101, 1000).prefault("off").describe("the load limit of consistent_hash"),
  }),
]);

const health = z.union([
  off.transform(() => undefined),
  section({
    path: probePath.prefault("off").describe("what probes ask for, behind a backend's own path"),
    status: statuses().prefault("200-399").describe("the statuses of good probes"),
    interval: time().prefault("5s").describe("time between probes, ±10%"),
    timeout: time().prefault("2s").describe("time for a probe's answer"),
    rise: integer(1, 100).prefault(2).describe("good probes in a row that bring a backend up"),
    fall: integer(1, 100).prefault(3).describe("bad probes in a row that take it down"),
    host: hostHeader.optional().describe("the Host of probes; by default the backend's"),
    port: port().optional().describe("the port that probes ask; by default the backend's"),
  }),
]);

const ejection = section({
  after: integerOr("off", Infinity, 1, 1000).prefault(5)
    .describe("failures in a row that eject a backend"),
  time: time(5 * MINUTE_MS).prefault("10s").describe("how long the first ejection lasts"),
  max: share().prefault("50%").describe("share of backends that may be ejected"),
  on5xx: toggle().prefault(false).describe("whether a 5xx response is a failure"),
});

const retry = section({
  attempts: integerOr("all", Infinity, 1, 1000).prefault("all")
    .describe("attempts per request, the first one included; each backend at most once"),
  budget: shareOrOff().prefault("20%").describe("retries, as a share of requests"),
  onStatus: statusesOrOff().prefault("off").describe(
    "statuses of responses that are retried like failures",
  ),
});

export function statusesOrOff() {
  return z.union([off, statuses()]);
}

/** Of one attempt, or of a tunnel; `request` is of all attempts together. */
export const poolTimeouts = {
  connect: time().prefault("2s").describe("connecting to a backend, TLS included"),
  firstByte: time().prefault("60s").describe("from the request's last byte to the answer's first"),
  idle: time().prefault("60s").describe("between two pieces of a body, either way"),
  request: timeOr(Infinity, DAY_MS).prefault("off").describe("a request from beginning to end"),
  backendIdle: time().prefault("4s").describe("a backend's connection between requests"),
  tunnelIdle: time(DAY_MS).prefault("1h").describe("an upgraded connection without traffic"),
  halfClosed: time().prefault("30s").describe("the same once one of its sides has closed"),
};

/** What `defaults` may set for all pools, and each pool for itself. */
const SHARED = {
  policy: policy.prefault("round_robin").describe("how the next backend is picked"),
  slowStart: timeOr(0, HOUR_MS).prefault("10s").describe(
    "how long a backend that is back ramps up",
  ),
  health: health.prefault("off").describe("probes"),
  ejection: ejection.prefault({}).describe("leaves out backends that fail"),
  retry: retry.prefault({}).describe("asks another backend if one fails"),
  timeouts: section(poolTimeouts).prefault({}).describe("how long to wait for backends"),
  limits: section({
    backendInFlight: integerOr("off", Infinity, 1, MILLION).prefault("off")
      .describe("requests in flight at one backend"),
  }).prefault({}).describe("how much a backend gets"),
};

/** `defaults`: checked as a pool would be, each value where it was written. */
export const defaults = section(SHARED);

/** One of `pools`. */
export const pool = section({
  backends: z.array(backend, "must be a list of backends").min(1, "must list at least one backend")
    .superRefine(refuseRepeated).describe("in the order of their turns"),
  ...SHARED,
  sticky: section({
    cookie: cookieName.prefault("off").describe("the cookie that ties a client to a backend"),
    secret: secretOrDerived.prefault("derived").describe("signs that cookie"),
  }).optional().describe("ties clients to backends"),
  proxyProtocol: z.union([integer(1, 2)]).optional().describe(
    "the version of the PROXY header that backends get",
  ),
  tls: section({
    ca: filePath.optional().describe("the authority of the backends' certificates, in PEM"),
    serverName: anyText().optional().describe("the name in their certificates"),
    cert: filePath.optional().describe("the certificate to show them, in PEM"),
    key: filePath.optional().describe("its private key, in PEM"),
    verify: toggle().prefault(true).describe("whether their certificates are checked"),
  }).optional().describe("TLS to backends"),
});

type Backends = readonly z.output<typeof backend>[];

/** The same URL twice, or no weight at all: then nobody would get a request. */
function refuseRepeated(backends: Backends, context: z.RefinementCtx): void {
  const seen = new Set<string>();
  for (const [index, backend] of backends.entries()) {
    if (!("url" in backend)) continue;
    if (seen.has(backend.url)) {
      context.addIssue({ code: "custom", message: "must list each backend once", path: [index] });
    }
    seen.add(backend.url);
  }
  if (backends.some((backend) => !("weight" in backend) || backend.weight > 0)) return;
  context.addIssue({ code: "custom", message: "must have a backend with a weight above 0" });
}

/** Errors show no password, and suggest none. */
function readListedUrl(text: string): Read<string> {
  const url = readBackendUrl(text);
  if (isReading(url)) return url;
  const { expected, meant } = withoutSecret(refusalOf(url)!, text);
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
