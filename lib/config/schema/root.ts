/** The whole configuration. */
import { z } from "zod";
import { reading } from "../values/reading.ts";
import { admin, clientTimeouts, limits, listener } from "./listener.ts";
import {
  choice,
  integerOr,
  name,
  network,
  off,
  share,
  time,
  timeOr,
  toggle,
  TOKEN,
} from "./kinds.ts";
import { anyText, leaf } from "./leaf.ts";
import { defaults, pool } from "./pool.ts";
import { errorPages, route, routeTest } from "./route.ts";
import { section } from "./section.ts";

const instance = leaf({
  type: "string",
  read: (text) =>
    text === "random"
      ? reading(undefined)
      : TOKEN.test(text)
      ? reading(text)
      : "must be a name of 1 to 64 characters, such as edge-1",
  json: { type: "string", pattern: TOKEN.source, examples: ["random", "edge-1"] },
});

const log = section({
  level: choice(["info", "warn", "error"]).prefault("info").describe(
    "the least important lines that are written",
  ),
  access: choice(["text", "json", "off"]).prefault("text").describe("a line per request"),
  query: choice(["all", "names", "off"]).prefault("all").describe("what it shows of queries"),
  sample: z.union([off, share(1, 100)]).prefault("off").describe(
    "the share of good requests that get a line",
  ),
  slow: timeOr(Infinity, 3_600_000).prefault("off").describe(
    "from when on a request is slow, and always gets a line",
  ),
  fields: z.array(anyText()).prefault([]).describe("further fields of each line"),
});

const dns = section({
  server: anyText().optional().describe("the address of a DNS server; absent: those of the system"),
  maxAge: time().prefault("5s").describe("how long an answer is used at most"),
});

/** What the file may have beside pools, routes and tests. */
export const SECTIONS = {
  $schema: anyText().optional().describe("where editors find the schema"),
  engine: choice(["web", "tcp"]).prefault("web").describe("what receives and forwards"),
  io: choice(["deno", "epoll"]).prefault("deno").describe("the sockets of the tcp engine"),
  workers: integerOr<"auto">("auto", "auto", 1, 256).prefault(1).describe(
    "cores that serve; auto: all",
  ),
  admin: z.union([off, admin]).prefault({}).describe("the operator's port"),
  instance: instance.prefault("random").describe("this balancer's name in Via"),
  watch: toggle().prefault(false).describe("whether a change of the file is applied at once"),
  log: log.prefault({}).describe("what is logged"),
  trustedProxies: z.array(network).prefault([]).describe("peers whose X-Forwarded-* count"),
  dns: dns.prefault({}).describe("how names of backends are resolved"),
  limits: limits.prefault({}).describe("limits of all requests together"),
  timeouts: clientTimeouts.prefault({}).describe("how long to wait for clients"),
  errorPages: errorPages.prefault({}).describe("bodies of local replies, by status"),
  listeners: z.record(name, listener).prefault({ http: {} }).describe("where requests come in"),
  defaults: defaults.prefault({}).describe("what pools share; each may set it for itself"),
};

/** The whole file. */
export const configuration = section({
  ...SECTIONS,
  pools: z.record(name, pool).describe("sets of backends, by name"),
  routes: z.array(route).optional().describe(
    "which requests go where; absent: all to the only pool",
  ),
  tests: z.array(routeTest).prefault([]).describe(
    "requests, and what must come of them; run by check",
  ),
});
