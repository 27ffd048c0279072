/** Runs the `tests` of a configuration file: requests, and what must come of them. */
import type { Configuration, RouteTest } from "../config/model.ts";
import type { ConditionTools } from "./conditions.ts";
import { parseRequestText } from "../config/values/request_text.ts";
import { routeIdOf } from "./route_id.ts";
import { type Answer, type TriedRequest, tryRequest, usualListener } from "./try_request.ts";

/** One thing that did not come as it must. */
export interface Difference {
  /** The path of what was expected, in the test. */
  readonly path: readonly string[];
  readonly expected: string;
  /** Undefined if there is none. */
  readonly found: string | undefined;
}

export interface TestResult {
  /** Its place in the file. */
  readonly index: number;
  readonly test: RouteTest;
  readonly answer: Answer;
  /** Empty if it passed. */
  readonly differences: readonly Difference[];
}

/** @returns one for each test, in their order */
export function runTests(configuration: Configuration, tools: ConditionTools): TestResult[] {
  const { routes, tests, listeners } = configuration;
  return tests.map((test, index) => {
    const parsed = parseRequestText(test.request)!; // or the schema would have refused it
    const { client, headers, listener = usualListener(listeners, parsed.scheme) } = test;
    const request: TriedRequest = { ...parsed, client, headers, listener };
    const answer = tryRequest(routes, request, tools);
    return { index, test, answer, differences: compare(test, answer) };
  });
}

function compare({ expect }: RouteTest, answer: Answer): Difference[] {
  const found: Readonly<Record<string, string | undefined>> = {
    route: answer.route,
    pool: answer.pools.join(" or ") || undefined,
    path: answer.path,
    status: answer.status?.toString(),
    location: answer.location,
  };
  const { headers = {}, ...values } = expect;
  const differences = Object.entries(values).flatMap(([what, value]): Difference[] => {
    const isMet = what === "pool"
      ? answer.pools.includes(String(value))
      : found[what] === String(value);
    if (value === undefined || isMet) return [];
    return [{ path: ["expect", what], expected: String(value), found: found[what] }];
  });
  for (const [name, value] of Object.entries(headers)) {
    const actual = answer.headers[name.toLowerCase()];
    if (actual === value) continue;
    differences.push({ path: ["expect", "headers", name], expected: value, found: actual });
  }
  return differences;
}

/** Which routes were considered and why each was not taken, a line each. */
export function formatConsidered({ considered, note }: Answer): string[] {
  const lines = considered.map(({ route, reason }) =>
    reason === undefined
      ? `${routeIdOf(route)}: taken`
      : `${routeIdOf(route)}: the request ${reason}`
  );
  return note === undefined ? lines : [...lines, note];
}
