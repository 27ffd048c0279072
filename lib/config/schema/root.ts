/** The whole configuration. */
import { z } from "zod";
import { formatHostPort } from "../../net/host_port.ts";
import { readNetwork } from "../values/networks.ts";
import { readDnsServer } from "../values/dns_server.ts";
import { HOUR_MS } from "../values/quantities.ts";
import { reading } from "../values/reading.ts";
import { admin, clientTimeouts, limits, listener } from "./listener.ts";
import { choice, integerOr, name, off, shareOrOff, time, timeOr, toggle } from "./kinds.ts";
import { LOG_FIELDS } from "../values/log_fields.ts";
import { TOKEN } from "../values/token.ts";
import { anyText, leaf } from "./leaf.ts";
import { defaults, pool, SHARED } from "./pool.ts";
import { errorPages, route, routeTest } from "./route.ts";
import { list, named, section } from "./section.ts";

const instance = leaf({
  type: "string",
  read: (text) =>
    text === "random"
      ? reading(undefined)
      : TOKEN.test(text)
      ? reading(text)
      : "must be a name of 1 to 64 characters, such as edge-1",
  write: (name) => name ?? "random",
  json: { type: "string", pattern: TOKEN.source, examples: ["random", "edge-1"] },
});

/** Peers: a network, or all that connect to unix sockets. */
const trusted = leaf({
  type: "string",
  read: (text) =>
    text === "unix"
      ? reading(text)
      : /[\s,;]/.test(text)
      ? "must be one address or CIDR range"
      : readNetwork(text),
  json: { type: "string", examples: ["10.0.0.0/8", "fd00::/8", "unix"] },
});

const log = section({
  level: choice(["info", "warn", "error"]).prefault("info").describe(
    "The least important lines that are written.",
  ),
  access: choice(["text", "json", "off"]).prefault("text").describe("A line per request."),
  query: choice(["all", "names", "off"]).prefault("all").describe(
    "What it shows of a query: all of it, the names of parameters, or nothing.",
  ),
  sample: shareOrOff(1, 100).prefault("off").describe(
    "The share of good requests that get a line; off: all do.",
  ),
  slow: timeOr(Infinity, 3_600_000).prefault("off").describe(
    "From when on a request is slow, and always gets a line.",
  ),
  fields: list(choice(LOG_FIELDS), "names of fields").prefault([]).describe(
    "Further fields of each line: Host, listener, basicAuth's user, User-Agent, Referer.",
  ),
});

const dnsServer = leaf({
  type: "string",
  read: readDnsServer,
  write: (server) => server === undefined ? "system" : formatHostPort(server.hostname, server.port),
  json: { type: "string", examples: ["system", "10.0.0.2", "10.0.0.2:53", "[fd00::2]:53"] },
});

/** Nothing is resolved more often. */
const MIN_MAX_AGE_MS = 1_000;

const dns = section({
  server: dnsServer.prefault("system").describe(
    "The DNS server that is asked for dns+http:// and srv+http:// backends.",
  ),
  maxAge: time(HOUR_MS, MIN_MAX_AGE_MS).prefault("5s").describe(
    "How long an answer is used at most.",
  ),
});

/** What the file may have beside pools, routes and tests. */
export const SECTIONS = {
  $schema: anyText().optional().describe("The JSON Schema of this file, for editors."),
  engine: choice(["web", "tcp"]).prefault("web").describe(
    "What receives and forwards: Deno.serve and fetch (web), or HTTP over sockets of its own (tcp).",
  ),
  io: choice(["deno", "epoll"]).prefault("deno").describe(
    "The sockets of the tcp engine: Deno's, or its own, which need Linux and --allow-ffi (epoll).",
  ),
  workers: integerOr<"auto">("auto", "auto", 1, 256).prefault(1).describe(
    "Threads that serve; auto: one for each core.",
  ),
  admin: z.union([off, admin]).prefault({}).describe("The operator's port, or off."),
  instance: instance.prefault("random").describe(
    "This balancer's name in Via, by which loops are found; random: a new one at each start.",
  ),
  watch: toggle().prefault(true).describe(
    "Whether a change of this file, or of a file that it names, is applied at once.",
  ),
  log: log.prefault({}).describe("What is logged."),
  trustedProxies: list(trusted, "addresses and networks").prefault([]).describe(
    "Peers whose X-Forwarded-* headers count; unix: those on unix sockets.",
  ),
  dns: dns.prefault({}).describe("How names of backends are resolved."),
  limits: limits.prefault({}).describe("Limits of all requests together."),
  timeouts: clientTimeouts.prefault({}).describe(
    "How long to wait for clients; those for backends are in defaults and pools.",
  ),
  errorPages: errorPages.prefault({}).describe("Bodies of the balancer's own replies, by status."),
  listeners: named(name, listener, "a name for each listener").prefault({ http: {} }).describe(
    "Where requests come in: a name, and an address.",
  ),
  defaults: defaults.prefault({}).describe(
    "What pools share; each of them may set it for itself.",
  ),
};

/** Settings of pools that one could look for at the top level, and where they stand. */
export const OF_POOLS = Object.fromEntries(
  Object.keys(SHARED).filter((name) => !Object.hasOwn(SECTIONS, name))
    .map((name) => [name, `defaults.${name}`]),
);

/** Pools: a name, and backends. */
const pools = named(name, pool, "a name for each pool");

/** The whole file. */
export const configuration = section({
  ...SECTIONS,
  pools: pools.describe("Sets of backends: a name, and who belongs to it."),
  routes: list(route, "routes").optional().describe(
    "Which requests go where; without routes all go to the only pool.",
  ),
  tests: list(routeTest, "tests").prefault([]).describe(
    "Requests, and what must come of them; roundabout check runs them.",
  ),
}, OF_POOLS);
