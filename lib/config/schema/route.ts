/** What happens to a request: a match, and an action. */
import { z } from "zod";
import { DAY_MS } from "../values/quantities.ts";
import {
  readHash,
  readHeaderName,
  readHeaderValue,
  readLimitKey,
  readMethod,
  readPath,
  readPathPrefix,
  readRate,
  readRedirectPath,
  readRouteHost,
  readSplitCookie,
} from "../values/routing.ts";
import { page } from "./content.ts";
import {
  bytesOrOff,
  choice,
  host,
  integer,
  integerOr,
  name,
  network,
  oneOrMore,
  port,
  time,
  timeOr,
  toggle,
} from "./kinds.ts";
import { anyText, leaf } from "./leaf.ts";
import { poolTimeouts, statusesOrOff } from "./pool.ts";
import { section } from "./section.ts";

const MILLION = 1_000_000;

const text = <Value>(read: Parameters<typeof leaf<Value>>[0]["read"], ...examples: string[]) =>
  leaf<Value>({ type: "string", read, json: { type: "string", examples } });

const headerName = text(readHeaderName, "X-User");
const headerValue = text(readHeaderValue, "edge", "{client}");
const method = text(readMethod, "GET");
const routeHost = text(readRouteHost, "api.example.com", "*.example.com");
const path = text(readPath, "/robots.txt");

/** What a header or a query parameter must be: this text, there at all, or like an expression. */
const valueMatch = z.union([
  anyText().transform((equals) => ({ equals })),
  section({ present: toggle().describe("whether it must be there") }),
  section({
    matches: anyText().describe("a regular expression; it may match any part of the value"),
  }),
], "must be a text, or an object with present or matches");

const match = section({
  listener: oneOrMore(name).optional().describe("the listeners that the request may come in at"),
  host: oneOrMore(routeHost).optional().describe(
    "its host: exact, or *.example.com for all names below",
  ),
  path: path.optional().describe("its whole path"),
  pathPrefix: text(readPathPrefix, "/users").optional().describe("the first segments of its path"),
  methods: z.array(method).min(1, "must not be empty").optional().describe(
    "its method; GET stands for HEAD as well",
  ),
  headers: z.record(headerName, valueMatch).optional().describe("its headers, all of them"),
  query: z.record(z.string(), valueMatch).optional().describe("its query parameters, all of them"),
  client: oneOrMore(network).optional().describe("the client's address"),
});

/** How header lines change on the way. */
const headerChanges = section({
  set: z.record(headerName, headerValue).prefault({}).describe(
    "in place of all lines of that name",
  ),
  add: z.record(headerName, headerValue).prefault({}).describe("beside the lines of that name"),
  remove: z.array(headerName).prefault([]).describe("all lines of these names"),
});

const redirect = section({
  scheme: choice(["http", "https"]).optional().describe("absent: the request's"),
  host: host().optional().describe("absent: the request's"),
  port: port().optional().describe("absent: the request's, or that of a scheme given here"),
  path: text(readRedirectPath, "/new").optional().describe(
    "absent: the request's; the query is kept",
  ),
  status: integer(301, 308).prefault(302).describe("301, 302, 303, 307 or 308"),
});

const respond = section({
  status: integer(200, 599).describe("the status of the response"),
  headers: z.record(headerName, headerValue).prefault({}).describe("its headers"),
  body: page.optional().describe("its body: a text, or a file"),
});

/** Bodies of local replies, by status. */
export const errorPages = z.record(
  leaf({
    type: "string",
    read: (status) =>
      /^[45]\d\d$/.test(status) ? { value: status } : "must be a status of 400 to 599",
    json: { type: "string", pattern: "^[45][0-9]{2}$" },
  }),
  page,
);

/** One of `routes`. */
export const route = section({
  name: name.optional().describe("stands in the log, and must be unique"),
  match: match.prefault({}).describe("which requests it takes; absent: all"),
  pool: name.optional().describe("sends them to this pool"),
  split: z.record(name, integer(0, 1_000_000)).optional().describe(
    "sends them to several pools, by weight",
  ),
  splitOn: text(readSplitCookie, "cookie:side").optional().describe(
    "a cookie of our own that keeps a client on its side",
  ),
  redirect: redirect.optional().describe("answers with a redirect"),
  respond: respond.optional().describe("answers with this response"),
  stripPrefix: toggle().prefault(false).describe(
    "whether the backend gets the path without pathPrefix",
  ),
  replacePrefix: text(readPathPrefix, "/v2").optional().describe(
    "what stands in place of pathPrefix for the backend",
  ),
  rewriteHost: host().optional().describe("the Host that the backend gets"),
  requestHeaders: headerChanges.prefault({}).describe("changes on the way to the backend"),
  responseHeaders: headerChanges.prefault({}).describe("changes on the way to the client"),
  allow: z.array(network).optional().describe("addresses of clients; all others get 403"),
  deny: z.array(network).optional().describe("addresses of clients that get 403; wins over allow"),
  rateLimit: section({
    rate: text(readRate, "100/s", "30/m").describe("requests per second, minute or hour"),
    burst: integer(1, MILLION).optional().describe("how many at once; absent: one second's rate"),
    by: text(readLimitKey, "address", "header:X-Api-Key").prefault("address").describe(
      "what each has a rate of its own",
    ),
  }).optional().describe("429 above this rate"),
  basicAuth: section({
    realm: anyText().prefault("restricted").describe("shown when a browser asks for the password"),
    users: z.record(z.string(), text(readHash, "$2y$12$…")).describe(
      "the bcrypt hash of each user's password",
    ),
  }).optional().describe("401 without one of these passwords"),
  limits: section({
    bodySize: bytesOrOff(1, 1024 * 1024).prefault("off").describe("a request's body; 413 above"),
    inFlight: integerOr("off", Infinity, 1, MILLION).prefault("off").describe(
      "requests in flight; 503 above",
    ),
  }).prefault({}).describe("how much it takes"),
  timeouts: section({
    connect: time().optional().describe(poolTimeouts.connect.description!),
    firstByte: time().optional().describe(poolTimeouts.firstByte.description!),
    idle: time().optional().describe(poolTimeouts.idle.description!),
    request: timeOr(Infinity, DAY_MS).optional().describe(poolTimeouts.request.description!),
  }).prefault({}).describe("instead of the pool's"),
  retry: section({
    attempts: integerOr("all", Infinity, 1, 1000).optional().describe("attempts per request"),
    onStatus: statusesOrOff().optional().describe(
      "statuses of responses that are retried like failures",
    ),
  }).prefault({}).describe("instead of the pool's"),
  errorPages: errorPages.prefault({}).describe("bodies of local replies, by status"),
});

/** One of `tests`. */
export const routeTest = section({
  request: anyText({ examples: ["GET https://api.example.com/users/7"] }).describe(
    "method and URL",
  ),
  client: anyText().prefault("192.0.2.1").describe("the client's address"),
  listener: name.optional().describe("where it comes in; absent: the first listener"),
  headers: z.record(z.string(), anyText()).prefault({}).describe("its headers"),
  expect: section({
    route: anyText().optional().describe("the name of the route, or its match in canonical form"),
    pool: name.optional().describe("the pool that it is sent to"),
    path: anyText().optional().describe("the path that the backend gets behind its own"),
    status: integer(200, 599).optional().describe("the status of a response of our own"),
    location: anyText().optional().describe("the Location of a redirect"),
    headers: z.record(z.string(), anyText()).optional().describe(
      "headers that the backend gets, or the client",
    ),
  }).describe("what must come of it"),
});
