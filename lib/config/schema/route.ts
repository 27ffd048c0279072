/** What happens to a request: a match, and an action. */
import { z } from "zod";
import { DAY_MS } from "../values/quantities.ts";
import { readHost } from "../values/host.ts";
import { reading } from "../values/reading.ts";
import {
  formatLimitKey,
  formatRate,
  readHash,
  readHeaderName,
  readHeaderValue,
  readLimitKey,
  readMatchedName,
  readMethod,
  readPath,
  readPathPrefix,
  readRate,
  readRedirectPath,
  readRequestHeaderName,
  readRouteHost,
  readSplitCookie,
  readTriedRequest,
} from "../values/routing.ts";
import { page } from "./content.ts";
import {
  address,
  bytesOrOff,
  choice,
  hostHeader,
  integer,
  integerOr,
  name,
  network,
  oneOrMore,
  port,
  statusesOrOff,
  time,
  timeOr,
  toggle,
} from "./kinds.ts";
import { anyText, leaf } from "./leaf.ts";
import { poolTimeouts } from "./pool.ts";
import { list, named, section } from "./section.ts";

const MILLION = 1_000_000;

/** Of no password that anybody uses. */
const EXAMPLE_HASH = "$2y$12$abcdefghijklmnopqrstuuRdQYbW1tVTG0vRkHL5XqFB8sXJyZK9C";

const text = <Value>(read: Parameters<typeof leaf<Value>>[0]["read"], ...examples: string[]) =>
  leaf<Value>({ type: "string", read, json: { type: "string", examples } });

const rate = leaf({
  type: "string",
  read: readRate,
  write: formatRate,
  json: { type: "string", examples: ["100/s", "30/m"] },
});

const limitKey = leaf({
  type: "string",
  read: readLimitKey,
  write: formatLimitKey,
  json: { type: "string", examples: ["address", "header:X-Api-Key"] },
});

const splitCookie = leaf({
  type: "string",
  read: readSplitCookie,
  write: (name) => `cookie:${name}`,
  json: { type: "string", examples: ["cookie:side"] },
});

const headerName = text(readHeaderName, "Cache-Control");
const requestHeaderName = text(readRequestHeaderName, "X-User");
const matchedName = text(readMatchedName, "X-User");
const headerValue = text(readHeaderValue, "edge", "{client}");
const method = text(readMethod, "GET");
const routeHost = text(readRouteHost, "api.example.com", "*.example.com");
const path = text(readPath, "/robots.txt");

type ValueMatch = { readonly equals: string } | { readonly present: boolean } | {
  readonly matches: string;
};

/** What a header or a query parameter must be: this text, there at all, or like an expression. */
const valueMatch = z.union([
  anyText().transform((equals): ValueMatch => ({ equals })),
  section({
    present: toggle().optional().describe("Whether it must be there, with any value."),
    matches: anyText({ examples: ["^text/"] }).optional().describe(
      "A regular expression (RE2) that some part of the value must match.",
    ),
  }).transform(({ present, matches }, context): ValueMatch => {
    if (present !== undefined && matches === undefined) return { present };
    if (matches !== undefined && present === undefined) return { matches };
    context.issues.push({
      code: "custom",
      message: "must have either present or matches",
      input: undefined,
    });
    return z.NEVER;
  }),
], "must be a string, or an object with present or matches");

const match = section({
  listener: oneOrMore(name, "listeners").optional().describe(
    "The listener that the request comes in at, or several.",
  ),
  host: oneOrMore(routeHost, "hosts").optional().describe(
    "Its host, or several; *.example.com is every name below example.com.",
  ),
  path: path.optional().describe("Its whole path."),
  pathPrefix: text(readPathPrefix, "/users").optional().describe(
    "The first segments of its path: /users is /users and /users/7, not /usersx.",
  ),
  methods: list(method, "methods").min(1, "must not be empty").optional().describe(
    "Its method, one of these; GET stands for HEAD as well.",
  ),
  headers: named(matchedName, valueMatch, "a value for each header").optional().describe(
    "Its headers; all of these must fit.",
  ),
  query: named(z.string(), valueMatch, "a value for each parameter").optional().describe(
    "The parameters of its query; all of these must fit.",
  ),
  client: oneOrMore(network, "addresses and networks").optional().describe(
    "The client's address, or networks that it is in.",
  ),
});

/** How header lines change on the way. */
function headerChanges(headerName: typeof requestHeaderName) {
  return section({
    set: named(headerName, headerValue, "a value for each header").prefault({}).describe(
      "In place of all lines of that name.",
    ),
    add: named(headerName, headerValue, "a value for each header").prefault({}).describe(
      "Beside the lines of that name.",
    ),
    remove: list(headerName, "names of headers").prefault([]).describe(
      "All lines of these names.",
    ),
  });
}

const REDIRECT_STATUSES = [301, 302, 303, 307, 308];

const redirectStatus = leaf({
  type: "number",
  read: (text) =>
    REDIRECT_STATUSES.includes(Number(text))
      ? reading(Number(text))
      : "must be 301, 302, 303, 307 or 308",
  json: { enum: REDIRECT_STATUSES },
});

const redirect = section({
  scheme: choice(["http", "https"]).optional().describe("The scheme; without it the request's."),
  host: text(readHost, "www.example.com").optional().describe(
    "The host; without it the request's.",
  ),
  port: port().optional().describe(
    "The port; without it that of the request, or of a scheme or host given here.",
  ),
  path: text(readRedirectPath, "/new").optional().describe(
    "The path; without it the request's. The query is kept.",
  ),
  status: redirectStatus.prefault(302).describe(
    "The status: browsers remember 301 and 308; 307 and 308 keep the method.",
  ),
});

const respond = section({
  status: integer(200, 599).describe("The status of the response."),
  headers: named(headerName, headerValue, "a value for each header").prefault({}).describe(
    "Its headers.",
  ),
  body: page.optional().describe("Its body: a text, or a file that has it."),
});

/** Bodies of local replies, by status. */
export const errorPages = named(
  leaf({
    type: "string",
    read: (status) =>
      /^[45]\d\d$/.test(status) ? reading(status) : "must be a status of 400 to 599",
    json: { type: "string", pattern: "^[45][0-9]{2}$" },
  }),
  page,
  "a page for each status",
);

/** One of `routes`. */
export const route = section({
  name: name.optional().describe("Stands in the log, and is unique."),
  match: match.prefault({}).describe("Which requests it takes; without it all."),
  pool: name.optional().describe("Sends them to this pool."),
  split: named(name, integer(0, 1_000_000), "a weight for each pool").optional().describe(
    "Sends them to several pools, by weight.",
  ),
  splitOn: splitCookie.optional().describe(
    "A cookie of its own that keeps each client with one pool of the split.",
  ),
  redirect: redirect.optional().describe("Answers with a redirect."),
  respond: respond.optional().describe("Answers with this response."),
  stripPrefix: toggle().prefault(false).describe(
    "Whether the backend gets the path without its pathPrefix.",
  ),
  replacePrefix: text(readPathPrefix, "/v2").optional().describe(
    "What the backend gets in place of pathPrefix.",
  ),
  rewriteHost: hostHeader.optional().describe("The Host that the backend gets."),
  requestHeaders: headerChanges(requestHeaderName).prefault({}).describe(
    "Changes on the way to the backend.",
  ),
  responseHeaders: headerChanges(headerName).prefault({}).describe(
    "Changes on the way to the client.",
  ),
  allow: list(network, "addresses and networks").optional().describe(
    "Clients that may come; all others get 403.",
  ),
  deny: list(network, "addresses and networks").optional().describe(
    "Clients that get 403, also if they are allowed.",
  ),
  rateLimit: section({
    rate: rate.describe("Requests per second, minute or hour."),
    burst: integer(1, MILLION).optional().describe(
      "How many may come at once; without it one second's rate.",
    ),
    by: limitKey.prefault("address").describe(
      "What has a rate of its own: each address, or each value of a header.",
    ),
  }).optional().describe("Answers 429 above this rate. The route needs a name."),
  basicAuth: section({
    realm: anyText().prefault("restricted").describe(
      "What a browser shows when it asks for the password.",
    ),
    users: named(z.string(), text(readHash, EXAMPLE_HASH), "a hash for each user").describe(
      "The hash of each user's password by bcrypt, as htpasswd -nB prints it.",
    ),
  }).optional().describe("Answers 401 without one of these passwords."),
  limits: section({
    bodySize: bytesOrOff(1, 1024 * 1024).prefault("off").describe(
      "A request's body; a larger one is answered 413.",
    ),
    inFlight: integerOr("off", Infinity, 1, MILLION).prefault("off").describe(
      "Requests in flight; one more is answered 503. The route needs a name.",
    ),
  }).prefault({}).describe("How much it takes."),
  timeouts: section({
    connect: time().optional().describe(poolTimeouts.connect.description!),
    firstByte: time().optional().describe(poolTimeouts.firstByte.description!),
    idle: time().optional().describe(poolTimeouts.idle.description!),
    request: timeOr(Infinity, DAY_MS).optional().describe(poolTimeouts.request.description!),
  }).prefault({}).describe("Instead of the pool's."),
  retry: section({
    attempts: integerOr("all", Infinity, 1, 1000).optional().describe("Attempts per request."),
    onStatus: statusesOrOff().optional().describe(
      "Statuses of responses that are retried like failures.",
    ),
  }).prefault({}).describe("Instead of the pool's."),
  errorPages: errorPages.prefault({}).describe("Bodies of the balancer's own replies, by status."),
});

/** One of `tests`. */
export const routeTest = section({
  request: text(readTriedRequest, "GET https://api.example.com/users/7").describe(
    "A method and a URL.",
  ),
  client: address.prefault("192.0.2.1").describe("The client's address."),
  listener: name.optional().describe(
    "The listener that it comes in at; without it the first one of its scheme.",
  ),
  headers: named(z.string(), anyText(), "a value for each header").prefault({}).describe(
    "Its headers.",
  ),
  expect: section({
    route: anyText().optional().describe("The name of the route, or its id as check prints it."),
    pool: name.optional().describe("The pool that it is sent to."),
    path: anyText({ examples: ["/7"] }).optional().describe(
      "The path that the backend gets, without the query and the backend's own prefix.",
    ),
    status: integer(200, 599).optional().describe("The status, if the balancer answers itself."),
    location: anyText().optional().describe("The Location of a redirect."),
    headers: named(z.string(), anyText(), "a value for each header").optional().describe(
      "Headers that the backend gets, or the client if the balancer answers itself.",
    ),
  }).refine((expect) => Object.values(expect).some((value) => value !== undefined), {
    error: "must have something that is expected",
  }).describe("What must come of it."),
});
