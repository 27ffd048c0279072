/**
 * What finding the route of a request costs, with few routes and with many, beside reading the rules one by
 * one. Use: `deno bench --frozen -A tests/bench/routing_bench.ts`
 */
import { isAmbiguous, readingsOf } from "../../lib/http/path_readings.ts";
import type { Match } from "../../lib/routing/conditions.ts";
import { createRouter } from "../../lib/routing/router.ts";
import { loadConditionTools } from "../../lib/routing/tools.ts";
import { naiveRoute } from "../support/naive_router.ts";
import { facts } from "../support/routing.ts";

/** Routes as a site has them: hosts with a few paths each, some conditions, and one for the rest. */
function site(hosts: number, perHost: number): Match[] {
  const matches: Match[] = [];
  for (let host = 0; host < hosts; host++) {
    const name = [`h${host}.example.com`];
    const all: Match[] = [
      { host: name },
      { host: name, pathPrefix: "/api/v1" },
      { host: name, pathPrefix: "/api/v1", headers: { "X-Beta": { equals: "1" } } },
      { host: name, path: "/robots.txt" },
      { host: name, pathPrefix: "/static", methods: ["GET"] },
    ];
    matches.push(...all.slice(0, perHost));
  }
  return [...matches.slice(0, -1), {}];
}

const SITES = { "5 routes": site(1, 5), "500 routes": site(100, 5) };

const REQUESTS = {
  "a prefix": { host: "h0.example.com", path: "/api/v1/users/7?a=b", headers: { "x-beta": "0" } },
  "an exact path": { host: "h0.example.com", path: "/robots.txt" },
  "no host of a route": { host: "other.example.net:8080", path: "/api/v1/users/7" },
  "an escaped path": { host: "h0.example.com", path: "/api/v1/a%20b" },
};

for (const [request, written] of Object.entries(REQUESTS)) {
  for (const [routes, matches] of Object.entries(SITES)) {
    const router = createRouter(matches.map((match) => ({ match })), await loadConditionTools([]));
    const known = facts(written);
    Deno.bench(`${routes}, ${request}`, { group: request }, () => {
      router.find(known);
    });
    const [path = "", query = ""] = written.path.split("?");
    const naive = {
      method: "GET",
      host: written.host.replace(/:\d+$/, ""),
      path,
      query,
      listener: "http",
      client: "192.0.2.1",
      headers: { ...("headers" in written ? written.headers : {}) },
    };
    Deno.bench(`${routes}, ${request}, one by one`, { group: request }, () => {
      naiveRoute(matches, naive);
    });
  }
}

const HOSTILE = `/${";%2fa\\b%c0%afc%3fd".repeat(110)}`;

for (
  const [what, path] of [
    ["a plain path", "/api/v1/users/7"],
    ["an escaped path", "/api/v1/a%2fb"],
    ["parameters", "/api/v1/a;b=c/d"],
    [`a hostile path of ${HOSTILE.length} bytes`, HOSTILE],
  ] as const
) {
  Deno.bench(`readings of ${what}`, { group: "readings" }, () => {
    if (isAmbiguous(path)) readingsOf(path);
  });
}
